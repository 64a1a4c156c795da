"""What is asked of Keystone and of Holdfast: one line a request. Paths are below the identity service's /v3, or with a ^ before them
below its root. Placeholders: {p} the project of both callers, {m} and {M} the member's id and name, {a} the admin's id, {A} and {P} the
names of the admin and the project, {admin_secret} the admin's password and {secret} everybody else's, {x} and {X} id and name of a user
with the role reader in {p}, {q} and {Q} of a project of its own, {member} and {reader} the ids of roles, {service}, {endpoint} and
{region} ids of the catalog's, {mt}, {at} and {xt} tokens, {none} an id that is nobody's, {new} a name that nothing has. A case that
changes something says so, because it gets things of its own."""


def case(name, method, path, body=None, role="admin", subject=None, changes=False):
    return {"name": name, "method": method, "path": path, "body": body, "role": role, "subject": subject, "changes": changes}


def login(user, scope=None, password="{secret}", methods=("password",)):
    auth = {"identity": {"methods": list(methods), "password": {"user": {**user, "password": password}}}}
    return {"auth": auth if scope is None else {**auth, "scope": scope}}


def again(token, scope=None):
    auth = {"identity": {"methods": ["token"], "token": {"id": token}}}
    return {"auth": auth if scope is None else {**auth, "scope": scope}}


def read(what, path, role="admin"):
    """A GET and its HEAD."""
    return [case(f"{what}", "GET", path, role=role), case(f"{what}, HEAD", "HEAD", path, role=role)]


DOMAIN = {"id": "default"}
BY_NAME = {"name": "{M}", "domain": DOMAIN}
PROJECT = {"project": {"id": "{p}"}}


def tokens(name, body, **more):
    return case(f"log in {name}", "POST", "/auth/tokens", body, role="nobody", **more)


CASES = [
    case("versions", "GET", "^/", role="nobody"),
    case("version", "GET", "", role="nobody"),
    case("version, with a slash", "GET", "/", role="nobody"),
    # tokens
    tokens("by name", login(BY_NAME, PROJECT)),
    tokens("by id", login({"id": "{m}"}, PROJECT)),
    tokens("by the domain's name", login({"name": "{M}", "domain": {"name": "Default"}}, {"project": {"name": "{P}", "domain": DOMAIN}})),
    tokens("as an admin", login({"id": "{a}"}, PROJECT, password="{admin_secret}")),
    tokens("without a scope", login(BY_NAME)),
    tokens("unscoped", login(BY_NAME, "unscoped")),
    tokens("to the domain", login({"id": "{a}"}, {"domain": DOMAIN}, password="{admin_secret}")),
    tokens("to the domain, by a member", login(BY_NAME, {"domain": DOMAIN})),
    tokens("without a catalog", login(BY_NAME, PROJECT)) | {"path": "/auth/tokens?nocatalog"},
    tokens("with a token", again("{mt}", PROJECT)),
    tokens("with a token, without a scope", again("{mt}")),
    tokens("with no token", again("{none}", PROJECT)),
    tokens("with a wrong password", login(BY_NAME, PROJECT, password="wrong")),
    tokens("as nobody", login({"name": "{new}", "domain": DOMAIN}, PROJECT)),
    tokens("as nobody, by id", login({"id": "{none}"}, PROJECT)),
    tokens("in an unknown domain", login({"name": "{M}", "domain": {"id": "{none}"}}, PROJECT)),
    tokens("to no project", login(BY_NAME, {"project": {"id": "{none}"}})),
    tokens("to a project without a role", login(BY_NAME, {"project": {"id": "{q}"}}), changes=True),
    tokens("to no domain", login(BY_NAME, {"domain": {"id": "{none}"}})),
    tokens("by a method that is not", login(BY_NAME, PROJECT, methods=["nonsense"])),
    tokens("by a method without its member", {"auth": {"identity": {"methods": ["password"]}, "scope": PROJECT}}),
    tokens("by no method", login(BY_NAME, PROJECT, methods=[])),
    tokens("without an identity", {"auth": {"scope": PROJECT}}),
    tokens("without a password", {"auth": {"identity": {"methods": ["password"], "password": {"user": BY_NAME}}}}),
    tokens("without a user", {"auth": {"identity": {"methods": ["password"], "password": {}}}}),
    tokens("by a name without a domain", login({"name": "{M}"}, PROJECT)),
    tokens("with a name that is a number", login({"name": 7, "domain": DOMAIN}, PROJECT)),
    tokens("with nothing", {}),
    case("show one's token", "GET", "/auth/tokens", role="member", subject="{mt}"),
    case("show one's token, HEAD", "HEAD", "/auth/tokens", role="member", subject="{mt}"),
    case("show one's token without a catalog", "GET", "/auth/tokens?nocatalog", role="member", subject="{mt}"),
    case("show another's token, by an admin", "GET", "/auth/tokens", subject="{mt}"),
    case("show another's token, by a member", "GET", "/auth/tokens", role="member", subject="{at}"),
    case("show no token", "GET", "/auth/tokens"),
    case("show a token that is not", "GET", "/auth/tokens", subject="{none}"),
    case("show a token that is not, HEAD", "HEAD", "/auth/tokens", subject="{none}"),
    case("show a token as nobody", "GET", "/auth/tokens", role="nobody", subject="{mt}"),
    case("show a token with a token that is not", "GET", "/auth/tokens", role="stranger", subject="{mt}"),
    case("revoke a token", "DELETE", "/auth/tokens", subject="{xt}", changes=True),
    case("revoke a token that is not", "DELETE", "/auth/tokens", subject="{none}"),
    *read("catalog", "/auth/catalog"),
    *read("one's projects", "/auth/projects", role="member"),
    *read("one's domains", "/auth/domains"),
    *read("one's systems", "/auth/system", role="member"),
    case("catalog as nobody", "GET", "/auth/catalog", role="nobody"),
    # users
    *read("list users, by name", "/users?name={M}"),
    case("list users, by a member", "GET", "/users", role="member"),
    case("list users as nobody", "GET", "/users", role="nobody"),
    *read("show a user", "/users/{m}"),
    case("show oneself", "GET", "/users/{m}", role="member"),
    case("show a user, by a member", "GET", "/users/{a}", role="member"),
    *read("show no user", "/users/{none}"),
    case("make a user", "POST", "/users", {"user": {"name": "{new}", "password": "{secret}"}}, changes=True),
    case("make a user with all members", "POST", "/users", {"user": {
        "name": "{new}", "password": "{secret}", "domain_id": "default", "default_project_id": "{p}", "enabled": True,
        "email": "a@example.com", "description": "a user", "options": {"ignore_password_expiry": True}, "phone": "1"}}, changes=True),
    case("make a user without a password", "POST", "/users", {"user": {"name": "{new}"}}, changes=True),
    case("make a user without a name", "POST", "/users", {"user": {"password": "{secret}"}}),
    case("make a user with a name of nothing", "POST", "/users", {"user": {"name": "", "password": "{secret}"}}),
    case("make a user with a name of 256", "POST", "/users", {"user": {"name": "n" * 256, "password": "{secret}"}}),
    case("make a user with a name that is a number", "POST", "/users", {"user": {"name": 7, "password": "{secret}"}}),
    case("make a user whose name is taken", "POST", "/users", {"user": {"name": "{M}", "password": "{secret}"}}),
    case("make a user in no domain", "POST", "/users", {"user": {"name": "{new}", "domain_id": "{none}"}}),
    case("make a user that is enabled by a text", "POST", "/users", {"user": {"name": "{new}", "enabled": "nonsense"}}),
    case("make a user with an unknown option", "POST", "/users", {"user": {"name": "{new}", "options": {"nonsense": True}}}),
    case("make a user, without the member", "POST", "/users", {"name": "{new}"}),
    case("make a user, by a member", "POST", "/users", {"user": {"name": "{new}"}}, role="member"),
    case("update a user", "PATCH", "/users/{x}", {"user": {"description": "other", "email": "b@example.com"}}, changes=True),
    case("update a user's name", "PATCH", "/users/{x}", {"user": {"name": "{new}"}}, changes=True),
    case("update a user to a taken name", "PATCH", "/users/{x}", {"user": {"name": "{M}"}}, changes=True),
    case("update a user with nothing", "PATCH", "/users/{x}", {"user": {}}, changes=True),
    case("update no user", "PATCH", "/users/{none}", {"user": {"description": "x"}}),
    case("update oneself, by a member", "PATCH", "/users/{m}", {"user": {"description": "x"}}, role="member"),
    case("delete a user", "DELETE", "/users/{x}", changes=True),
    case("delete no user", "DELETE", "/users/{none}"),
    case("delete a user, by a member", "DELETE", "/users/{a}", role="member"),
    case("change a password", "POST", "/users/{x}/password", {"user": {"original_password": "{secret}", "password": "other word"}},
         role="reader", changes=True),
    case("change a password, not knowing it", "POST", "/users/{x}/password",
         {"user": {"original_password": "wrong", "password": "other word"}}, role="reader", changes=True),
    case("change a password, without the new one", "POST", "/users/{x}/password", {"user": {"original_password": "{secret}"}},
         role="reader", changes=True),
    *read("list a user's projects", "/users/{m}/projects"),
    case("list one's projects", "GET", "/users/{m}/projects", role="member"),
    case("list no user's projects", "GET", "/users/{none}/projects"),
    *read("list a user's groups", "/users/{m}/groups"),
    *read("list one's application credentials", "/users/{m}/application_credentials", role="member"),
    *read("list one's access rules", "/users/{m}/access_rules", role="member"),
    # projects
    *read("list projects, by name", "/projects?name={P}"),
    case("list projects, by a member", "GET", "/projects", role="member"),
    *read("show a project", "/projects/{p}"),
    case("show one's project", "GET", "/projects/{p}", role="member"),
    case("show a project, by a member of another", "GET", "/projects/{q}", role="member", changes=True),
    *read("show no project", "/projects/{none}"),
    case("make a project", "POST", "/projects", {"project": {"name": "{new}"}}, changes=True),
    case("make a project with all members", "POST", "/projects", {"project": {
        "name": "{new}", "description": "a project", "domain_id": "default", "parent_id": "default", "enabled": True, "is_domain": False,
        "tags": ["a", "b"], "options": {}, "cost": "1"}}, changes=True),
    case("make a project without a name", "POST", "/projects", {"project": {"description": "x"}}),
    case("make a project with a name of nothing", "POST", "/projects", {"project": {"name": ""}}),
    case("make a project with a name of 65", "POST", "/projects", {"project": {"name": "n" * 65}}),
    case("make a project whose name is taken", "POST", "/projects", {"project": {"name": "{P}"}}),
    case("make a project in no domain", "POST", "/projects", {"project": {"name": "{new}", "domain_id": "{none}"}}),
    case("make a project with a comma in a tag", "POST", "/projects", {"project": {"name": "{new}", "tags": ["a,b"]}}),
    case("make a project, without the member", "POST", "/projects", {"name": "{new}"}),
    case("make a project, by a member", "POST", "/projects", {"project": {"name": "{new}"}}, role="member"),
    case("update a project", "PATCH", "/projects/{q}", {"project": {"description": "other", "enabled": False}}, changes=True),
    case("update a project's name", "PATCH", "/projects/{q}", {"project": {"name": "{new}"}}, changes=True),
    case("update a project to a taken name", "PATCH", "/projects/{q}", {"project": {"name": "{P}"}}, changes=True),
    case("update a project with nothing", "PATCH", "/projects/{q}", {"project": {}}, changes=True),
    case("update no project", "PATCH", "/projects/{none}", {"project": {"description": "x"}}),
    case("delete a project", "DELETE", "/projects/{q}", changes=True),
    case("delete no project", "DELETE", "/projects/{none}"),
    *read("list tags", "/projects/{p}/tags"),
    case("replace tags", "PUT", "/projects/{q}/tags", {"tags": ["a", "b"]}, changes=True),
    case("replace tags by one twice", "PUT", "/projects/{q}/tags", {"tags": ["a", "a"]}, changes=True),
    case("replace tags by nothing", "PUT", "/projects/{q}/tags", {}, changes=True),
    case("add a tag", "PUT", "/projects/{q}/tags/c", changes=True),
    *read("check a tag that is not", "/projects/{p}/tags/nonsense"),
    case("delete a tag that is not", "DELETE", "/projects/{p}/tags/nonsense"),
    case("delete all tags", "DELETE", "/projects/{q}/tags", changes=True),
    case("list tags of no project", "GET", "/projects/{none}/tags"),
    # roles
    *read("list roles", "/roles"),
    case("list roles, by name", "GET", "/roles?name=member"),
    *read("show a role", "/roles/{member}"),
    *read("show no role", "/roles/{none}"),
    *read("list grants", "/projects/{p}/users/{m}/roles"),
    case("list grants of no user", "GET", "/projects/{p}/users/{none}/roles"),
    case("list grants of no project", "GET", "/projects/{none}/users/{m}/roles"),
    case("list grants, by a member", "GET", "/projects/{p}/users/{m}/roles", role="member"),
    *read("check a grant", "/projects/{p}/users/{m}/roles/{member}"),
    *read("check a grant that is not", "/projects/{p}/users/{m}/roles/{reader}"),
    case("grant", "PUT", "/projects/{q}/users/{x}/roles/{member}", changes=True),
    case("grant twice", "PUT", "/projects/{p}/users/{x}/roles/{reader}", changes=True),
    case("grant no role", "PUT", "/projects/{p}/users/{m}/roles/{none}"),
    case("grant to nobody", "PUT", "/projects/{p}/users/{none}/roles/{member}"),
    case("grant in no project", "PUT", "/projects/{none}/users/{m}/roles/{member}"),
    case("grant, by a member", "PUT", "/projects/{p}/users/{m}/roles/{reader}", role="member"),
    case("take a role", "DELETE", "/projects/{p}/users/{x}/roles/{reader}", changes=True),
    case("take a role that is not given", "DELETE", "/projects/{p}/users/{m}/roles/{reader}"),
    *read("list assignments", "/role_assignments?scope.project.id={p}"),
    case("list assignments with names", "GET", "/role_assignments?scope.project.id={p}&include_names"),
    case("list assignments of a user", "GET", "/role_assignments?user.id={m}"),
    case("list assignments of a user with names", "GET", "/role_assignments?user.id={m}&include_names=true"),
    case("list assignments of a user, effective", "GET", "/role_assignments?user.id={m}&effective"),
    case("list assignments of a role", "GET", "/role_assignments?role.id={member}&scope.project.id={p}"),
    case("list assignments, by a member", "GET", "/role_assignments", role="member"),
    # what is fixed here
    *[each for kind, id in (
        ("domain", "default"), ("region", "{region}"), ("service", "{service}"), ("endpoint", "{endpoint}")
    ) for each in (
        *read(f"list {kind}s", f"/{kind}s"),
        *read(f"show a {kind}", f"/{kind}s/{id}"),
        *read(f"show no {kind}", f"/{kind}s/{{none}}"),
        case(f"list {kind}s as nobody", "GET", f"/{kind}s", role="nobody"),
    )],
    case("list domains, by name", "GET", "/domains?name=Default"),
    case("list services, by type", "GET", "/services?type=volumev3"),
    case("list endpoints, by interface", "GET", "/endpoints?interface=public"),
    # what is empty here
    *[each for kind in ("groups", "policies", "credentials", "limits", "registered_limits") for each in read(f"list {kind}", f"/{kind}")],
    case("a path that is none", "GET", "/nonsense"),
]
