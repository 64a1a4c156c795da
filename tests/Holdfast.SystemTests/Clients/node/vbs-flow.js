// Goes through every VBS operation with the core of Huawei Cloud's SDK, whose requests are signed, and prints what it saw as JSON on the last line.
// Arguments: address of the service, project id, id of the volume to protect, ids of two volumes to restore into.
// The access key is in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK.
'use strict';
const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const { ClientBuilder } = require('@huaweicloud/huaweicloud-sdk-core/ClientBuilder');

/** A client as the SDK's generated ones are: each operation is a method, a path and what goes with it. */
class VbsClient {
  static newBuilder() {
    return new ClientBuilder((client) => new VbsClient(client), 'BasicCredentials');
  }

  constructor(client) {
    this.client = client;
  }

  send(method, url, { path = {}, query = {}, body } = {}) {
    return this.client.sendRequest({
      method,
      url: `/{version}/{project_id}${url}`,
      contentType: body ? 'application/json;charset=UTF-8' : undefined,
      queryParams: query,
      pathParams: { version: 'v2', ...path },
      headers: {},
      data: body,
    });
  }

  createPolicy(policy) { return this.send('POST', '/backuppolicy', { body: policy }); }
  listPolicies() { return this.send('GET', '/backuppolicy'); }
  updatePolicy(policy_id, change) { return this.send('PUT', '/backuppolicy/{policy_id}', { path: { policy_id }, body: change }); }
  deletePolicy(policy_id) { return this.send('DELETE', '/backuppolicy/{policy_id}', { path: { policy_id } }); }
  associate(backup_policy_id, resources) { return this.send('POST', '/backuppolicyresources', { body: { backup_policy_id, resources } }); }
  disassociate(policy_id, resources) { return this.send('POST', '/backuppolicyresources/{policy_id}/deleted_resources', { path: { policy_id }, body: { resources } }); }
  execute(policy_id) { return this.send('POST', '/backuppolicy/{policy_id}/action', { path: { policy_id } }); }
  listTasks(policy_id, query) { return this.send('GET', '/backuppolicy/{policy_id}/backuptasks', { path: { policy_id }, query }); }
  tag(policy_id, tag) { return this.send('POST', '/backuppolicy/{policy_id}/tags', { path: { policy_id }, body: { tag } }); }
  untag(policy_id, key) { return this.send('DELETE', '/backuppolicy/{policy_id}/tags/{key}', { path: { policy_id, key } }); }
  changeTags(policy_id, action, tags) { return this.send('POST', '/backuppolicy/{policy_id}/tags/action', { path: { policy_id }, body: { action, tags } }); }
  listAllTags() { return this.send('GET', '/backuppolicy/tags'); }
  findPolicies(query) { return this.send('POST', '/backuppolicy/resource_instances/action', { body: query }); }
  listTags(policy_id) { return this.send('GET', '/backuppolicy/{policy_id}/tags', { path: { policy_id } }); }
  createBackup(backup) { return this.send('POST', '/cloudbackups', { body: { backup } }); }
  restoreBackup(backup_id, volume_id) { return this.send('POST', '/cloudbackups/{backup_id}/restore', { path: { backup_id }, body: { restore: { volume_id } } }); }
  deleteBackup(backup_id) { return this.send('POST', '/cloudbackups/{backup_id}', { path: { backup_id } }); }
  showQuota() { return this.send('GET', '/cloudbackups/quota'); }
  showJob(job_id) { return this.send('GET', '/jobs/{job_id}', { path: { version: 'v1', job_id } }); }
  listBackups(query) { return this.send('GET', '/backups/detail', { query }); }
  listBackupsShort(query) { return this.send('GET', '/backups', { query }); }
  createNative(backup) { return this.send('POST', '/backups', { body: { backup } }); }
  restoreNative(backup_id, restore) { return this.send('POST', '/backups/{backup_id}/restore', { path: { backup_id }, body: { restore } }); }
  deleteNative(backup_id) { return this.send('DELETE', '/backups/{backup_id}', { path: { backup_id } }); }
  share(backup_id, to_project_ids) { return this.send('POST', '/os-vendor-backup-sharing', { body: { shared: { backup_id, to_project_ids } } }); }
  listShares(query) { return this.send('GET', '/os-vendor-backup-sharing/detail', { query }); }
  countShares(query) { return this.send('GET', '/os-vendor-backup-sharing/count', { query }); }
  showShare(share_id) { return this.send('GET', '/os-vendor-backup-sharing/{share_id}', { path: { share_id } }); }
  cancelShare(share_id, query) { return this.send('DELETE', '/os-vendor-backup-sharing/{share_id}', { path: { share_id }, query }); }
  showBackup(backup_id) { return this.send('GET', '/backups/{backup_id}', { path: { backup_id } }); }
}

function clientFor(address, project, sk) {
  const credential = new BasicCredentials().withAk(process.env.HUAWEICLOUD_SDK_AK).withSk(sk).withProjectId(project);
  return VbsClient.newBuilder().withCredential(credential).withEndpoint(address).build();
}

async function until(what, ask, isSo) {
  for (const end = Date.now() + 60000; ;) {
    const answer = await ask();
    if (isSo(answer)) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`a minute has passed and not yet: ${what}; last: ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function refusalOf(promise) {
  try {
    await promise;
    return null;
  } catch (e) {
    return { status: e.httpStatusCode, code: e.errorCode, message: e.errorMsg };
  }
}

/** The items of a list, asked for page by page with the id of the last one seen until a page is empty. */
async function paged(ask, items, idOf) {
  const all = [];
  for (let marker; ;) {
    const page = (await ask(marker === undefined ? { limit: 1 } : { limit: 1, marker }))[items];
    if (page.length === 0) {
      return all;
    }
    all.push(...page);
    marker = idOf(page[page.length - 1]);
  }
}

/** Tags of several policies at once, and policies by their tags. */
async function tagFlow(vbs, seen, note, policy) {
  note('createTags', await vbs.changeTags(policy, 'create', [{ key: 'team', value: 'db' }, { key: 'tier', value: '1' }, { key: 'gone', value: '' }]));
  note('deleteTags', await vbs.changeTags(policy, 'delete', [{ key: 'gone' }]));
  seen.allTags = note('listAllTags', await vbs.listAllTags()).tags.map((tag) => `${tag.key}=${tag.values.join('|')}`).sort();
  const query = { action: 'filter', tags: [{ key: 'team', values: ['db', 'web'] }], limit: 10, offset: 0 };
  seen.byTags = note('findPolicies', await vbs.findPolicies(query)).resources.map((found) => found.resource_id);
  seen.byOtherTags = (await vbs.findPolicies({ action: 'count', tags: [{ key: 'team', values: ['web'] }] })).total_count;
}

/** OpenStack's operations on backups, in pages too, and what is shared with another project. */
async function nativeFlow(vbs, seen, note, volume, target) {
  const showing = async (id, status) => until(`backup ${id} is ${status}`, () => vbs.showBackup(id), (answer) => answer.backup.status === status);
  const made = note('createNative', await vbs.createNative({ volume_id: volume, name: 'node-native', force: true })).backup.id;
  await showing(made, 'available');
  const all = await paged((page) => vbs.listBackups({ ...page, sort: 'created_at:asc', volume_id: volume }), 'backups', (backup) => backup.id);
  seen.pagedBackups = [all.length, all[all.length - 1].name, new Set(all.map((backup) => backup.id)).size];
  seen.shortBackups = note('listBackupsShort', await vbs.listBackupsShort({ volume_id: volume })).backups.length;
  note('restoreNative', await vbs.restoreNative(made, { volume_id: target }));
  await showing(made, 'available');

  const shares = note('share', await vbs.share(made, ['a'.repeat(32), 'b'.repeat(32)])).shared;
  seen.shares = note('listShares', await vbs.listShares({ backup_id: made })).shared.map((share) => share.to_project_id).sort();
  seen.shareCount = note('countShares', await vbs.countShares({ backup_id: made })).count;
  seen.share = note('showShare', await vbs.showShare(shares[0].id)).shared.backup.name;
  note('cancelShare', await vbs.cancelShare(shares[0].id));
  seen.shareCountThen = (await vbs.countShares({ backup_id: made })).count;
  await vbs.cancelShare(made, { is_backup_id: true });
  seen.shareCountLast = (await vbs.countShares({ backup_id: made })).count;

  note('deleteNative', await vbs.deleteNative(made));
  seen.nativeGone = await until('the backup is gone', () => refusalOf(vbs.showBackup(made)), (refusal) => refusal !== null && refusal.status === 404);
}

async function main() {
  const [address, project, volume, target, nativeTarget] = process.argv.slice(2);
  const vbs = clientFor(address, project, process.env.HUAWEICLOUD_SDK_SK);
  const jobOf = (answer) => until('the job has ended', () => vbs.showJob(answer.job_id), (job) => job.status === 'SUCCESS' || job.status === 'FAIL');
  const resources = [{ resource_id: volume, resource_type: 'volume' }];
  const seen = { statuses: {} };
  const note = (name, answer) => { seen.statuses[name] = answer.httpStatusCode; return answer; };

  const policy = note('createPolicy', await vbs.createPolicy({
    backup_policy_name: 'node_policy',
    scheduled_policy: { start_time: '12:00', frequency: 1, rentention_num: 10, remain_first_backup_of_curMonth: 'N', status: 'OFF' },
  })).backup_policy_id;
  seen.associated = note('associate', await vbs.associate(policy, resources)).success_resources.map((resource) => resource.resource_id);
  note('tag', await vbs.tag(policy, { key: 'team', value: 'a b' }));
  seen.tags = (await vbs.listTags(policy)).tags;
  note('untag', await vbs.untag(policy, 'team'));
  note('execute', await vbs.execute(policy));
  const tasks = note('listTasks', await until('the task has ended', () => vbs.listTasks(policy, { sort_dir: 'desc', limit: 10, offset: 0 }),
    (page) => page.count === 1 && !['WAITING', 'RUNNING'].includes(page.tasks[0].status)));
  seen.task = tasks.tasks[0];
  seen.taskJob = (await vbs.showJob(seen.task.vbs_job_id)).status;
  seen.failedTasks = (await vbs.listTasks(policy, { status: 'EXECUTE_FAIL' })).count;
  note('execute', await vbs.execute(policy));
  await until('the second task has ended', () => vbs.listTasks(policy, {}), (page) => page.count === 2 && page.tasks.every((task) => !['WAITING', 'RUNNING'].includes(task.status)));
  const pagedTasks = await paged((page) => vbs.listTasks(policy, { ...page, sort_dir: 'asc' }), 'tasks', (task) => task.job_id);
  seen.pagedTasks = [pagedTasks.length, pagedTasks[0].job_id === seen.task.job_id, pagedTasks[1].job_id === seen.task.job_id];
  await tagFlow(vbs, seen, note, policy);
  note('updatePolicy', await vbs.updatePolicy(policy, { backup_policy_name: 'node_renamed', scheduled_policy: { week_frequency: ['MON', 'SUN'] } }));
  seen.policy = (await vbs.listPolicies()).backup_policies.find((each) => each.backup_policy_id === policy);

  seen.createJob = await jobOf(note('createBackup', await vbs.createBackup({ volume_id: volume, name: 'node-1', description: 'signed: é ü 中' })));
  const backup = seen.createJob.entities.backup_id;
  seen.backup = (await vbs.showBackup(backup)).backup;
  seen.listed = (await vbs.listBackups({ name: 'node-1', limit: 5 })).backups.map((each) => each.description);
  seen.strange = (await vbs.listBackups({ name: 'no such+name*~/é' })).backups.length;
  seen.restoreJob = await jobOf(note('restoreBackup', await vbs.restoreBackup(backup, target)));
  seen.quota = (await vbs.showQuota()).quotas.resources.find((quota) => quota.type === 'backups');
  seen.deleteJob = await jobOf(note('deleteBackup', await vbs.deleteBackup(backup)));
  seen.gone = await refusalOf(vbs.showBackup(backup));
  await nativeFlow(vbs, seen, note, volume, nativeTarget);
  note('disassociate', await vbs.disassociate(policy, resources));
  note('deletePolicy', await vbs.deletePolicy(policy));
  seen.noPolicy = await refusalOf(vbs.listTasks(policy, {}));
  seen.wrongSecret = await refusalOf(clientFor(address, project, 'not-the-secret').listPolicies());
  seen.wrongProject = await refusalOf(clientFor(address, '0'.repeat(32), process.env.HUAWEICLOUD_SDK_SK).listPolicies());
  // The SDK logs refusals on standard output: what was seen is the last line.
  process.stdout.write(`\n${JSON.stringify(seen)}\n`);
}

main().catch((e) => {
  process.stderr.write(`${e.httpStatusCode || ''} ${e.errorCode || ''} ${e.errorMsg || ''} ${e.stack || e}\n`);
  process.exit(1);
});
