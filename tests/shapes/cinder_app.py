"""A Cinder in this process: the API of Debian's python3-cinder over a scratch SQLite database, without managers of volumes, schedulers or
backups. What managers would do to a volume or a backup is written into the database directly. Nothing listens, nothing is sent anywhere."""

import json
import os
import pathlib
import subprocess
import sys

PASTE = """
[composite:osapi_volume]
use = call:cinder.api:root_app_factory
/: apiversions
/v3: openstack_volume_api_v3
[composite:openstack_volume_api_v3]
use = call:cinder.api.middleware.auth:pipeline_factory
noauth = request_id faultwrap sizelimit apiv3
[filter:request_id]
paste.filter_factory = oslo_middleware.request_id:RequestId.factory
[filter:faultwrap]
paste.filter_factory = cinder.api.middleware.fault:FaultWrapper.factory
[filter:sizelimit]
paste.filter_factory = oslo_middleware.sizelimit:RequestBodySizeLimiter.factory
[app:apiv3]
paste.app_factory = cinder.api.v3.router:APIRouter.factory
[app:apiversions]
paste.app_factory = cinder.api.versions:Versions.factory
"""

SETTINGS = """
[DEFAULT]
state_path = {home}
api_paste_config = {home}/paste.ini
auth_strategy = noauth
transport_url = fake://
default_volume_type = __DEFAULT__
quota_volumes = -1
quota_gigabytes = -1
quota_backups = -1
quota_backup_gigabytes = -1
rpc_response_timeout = 2
service_down_time = 864000
resource_query_filters_file = {filters}
[database]
connection = sqlite:///{home}/cinder.db
[oslo_concurrency]
lock_path = {home}
"""

PROJECT = "0b6e7d4c1c3e4c2f9d0f7a6a55f3a001"
USER = "9d1d5a0c6c7d4b2f8f2b3d0f12c45002"


class Cinder:
    """Answers requests. Make one a process."""

    def __init__(self, home):
        home = pathlib.Path(home)
        (home / "paste.ini").write_text(PASTE, encoding="utf-8")
        filters = next((p for p in ("/etc/cinder/resource_filters.json",) if os.path.exists(p)), "")
        settings = home / "cinder.conf"
        settings.write_text(SETTINGS.format(home=home, filters=filters), encoding="utf-8")
        subprocess.run(["cinder-manage", "--config-file", str(settings), "db", "sync"], check=True, capture_output=True)
        sys.argv = ["cinder-api", "--config-file", str(settings)]
        from cinder import objects, rpc, service  # noqa: F401  the options of services
        from cinder.common import config  # noqa: F401
        from oslo_config import cfg
        from paste import deploy

        objects.register_all()
        cfg.CONF(sys.argv[1:], project="cinder", version="0")
        rpc.init(cfg.CONF)
        self.app = deploy.loadapp(f"config:{home}/paste.ini", name="osapi_volume")
        self.objects = objects

    def context(self, admin):
        from cinder import context

        roles = ["admin", "member", "reader"] if admin else ["member", "reader"]
        return context.RequestContext(USER, PROJECT, is_admin=admin, roles=roles)

    def service(self, binary, host):
        """A service that beats."""
        from oslo_utils import timeutils

        made = self.objects.Service(self.context(True), host=host, binary=binary, topic=binary, report_count=1, availability_zone="nova",
                                    disabled=False)
        made.create()
        made.updated_at = timeutils.utcnow()
        made.save()
        return made

    def ask(self, method, path, body=None, admin=True, version=None):
        """Status, headers, and the JSON of the answer or None."""
        import webob

        request = webob.Request.blank(path, method=method)
        request.environ["cinder.context"] = self.context(admin)
        request.headers["Accept"] = "application/json"
        if version is not None:
            request.headers["OpenStack-API-Version"] = f"volume {version}"
        if body is not None:
            request.body = json.dumps(body).encode()
            request.content_type = "application/json"
        answer = request.get_response(self.app)
        try:
            content = json.loads(answer.body) if answer.body else None
        except ValueError:
            content = "not JSON"
        return answer.status_int, dict(answer.headers), content
