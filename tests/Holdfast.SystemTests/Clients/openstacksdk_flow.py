"""Makes, pages through, finds, restores and deletes backups with openstacksdk, and prints what it saw as JSON.

The cloud is named by openrc's variables. The volumes 'sdk-target' and 'sdk-anew' stay, for the caller to compare their bytes.
"""
import json
import sys

import openstack


def main():
    cloud = openstack.connect(cloud="envvars")
    store = cloud.block_storage
    disk = store.find_volume("disk", ignore_missing=False)
    seen = {"project": cloud.current_project_id, "disk_status": disk.status, "created": []}
    for name in ("sdk-1", "sdk-2", "sdk-3"):
        backup = store.create_backup(volume_id=disk.id, name=name, description="by the SDK")
        store.wait_for_status(backup, status="available", failures=["error"], interval=0.2, wait=60)
        seen["created"].append(backup.name)

    seen["one_page"] = [backup.name for backup in store.backups()]
    seen["paged"] = [backup.name for backup in store.backups(limit=1)]
    seen["summary_paged"] = [backup.name for backup in store.backups(details=False, limit=2)]
    seen["by_name"] = [backup.name for backup in store.backups(name="sdk-2")]
    other = store.create_volume(name="sdk-other", size=1)
    seen["by_volume"] = sorted(backup.name for backup in store.backups(volume_id=disk.id))
    seen["by_other_volume"] = [backup.name for backup in store.backups(volume_id=other.id)]
    store.delete_volume(other)
    store.wait_for_delete(other, interval=0.2, wait=60)
    seen["sorted"] = [backup.name for backup in store.backups(sort_key="name", sort_dir="asc", limit=2)]
    seen["of_others"] = [backup.name for backup in store.backups(all_tenants=True, project_id="0" * 32)]
    seen["in_error"] = [backup.name for backup in store.backups(status="error")]
    found = store.find_backup("sdk-1", ignore_missing=False)
    again = store.get_backup(found.id)
    seen["found"] = {"same": found.id == again.id, "description": again.description, "volume": again.volume_id == disk.id,
                     "size": again.size, "incremental": again.is_incremental}
    seen["missing"] = store.find_backup("sdk-none") is None

    target = store.create_volume(name="sdk-target", size=1)
    store.wait_for_status(target, status="available", failures=["error"], interval=0.2, wait=60)
    # From the order on the volume shows what was ordered of it, so that its status is all that has to be waited for.
    store.restore_backup(found, volume_id=target.id)
    ordered = store.get_volume(target.id)
    store.wait_for_status(ordered, status="available", failures=["error", "error_restoring"], interval=0.2, wait=60)
    seen["backup_after_restore"] = store.get_backup(found.id).status
    store.restore_backup(found, name="sdk-anew")
    anew = store.find_volume("sdk-anew", ignore_missing=False)
    store.wait_for_status(anew, status="available", failures=["error", "error_restoring"], interval=0.2, wait=60)
    limits = cloud.get_volume_limits()
    seen["limits"] = {"backups": limits["absolute"]["maxTotalBackups"], "used": limits["absolute"]["totalBackupsUsed"]}
    seen["target"] = target.id
    seen["volumes_paged"] = sorted(volume.name for volume in store.volumes(limit=1))

    for backup in list(store.backups(name="sdk-2")) + list(store.backups(name="sdk-3")):
        store.delete_backup(backup)
        store.wait_for_delete(backup, interval=0.2, wait=60)
    seen["left"] = [backup.name for backup in store.backups()]

    scratch = store.create_volume(name="sdk-scratch", size=1)
    store.delete_volume(scratch)
    store.wait_for_delete(scratch, interval=0.2, wait=60)
    seen["volumes_left"] = sorted(volume.name for volume in store.volumes())
    json.dump(seen, sys.stdout)


main()
