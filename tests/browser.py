"""What a web client does beside calling methods: uploading files, and the steps of Odoo's import screen."""

import json
import re

CSV = "text/csv"
#: what the import screen sends when the user changes nothing
SCREEN_OPTIONS = {
    "encoding": "", "separator": "", "quoting": '"', "date_format": "", "datetime_format": "",
    "float_thousand_separator": ",", "float_decimal_separator": ".", "advanced": True, "has_headers": True,
    "keep_matches": False, "limit": 2000, "sheets": [], "sheet": "", "skip": 0, "tracking_disable": True,
    "import_skip_records": [], "import_set_empty_fields": [], "fallback_values": {}, "name_create_enabled_fields": {},
}


def csrf_token(server, login):
    """Return the token that a page of this user carries."""
    session = server.session(login)
    if not hasattr(session, "csrf_token"):
        page = session.get(f"{server.url}/odoo", timeout=120)
        page.raise_for_status()
        session.csrf_token = re.search(r'csrf_token: "([0-9a-fo]+)"', page.text).group(1)
    return session.csrf_token


def post_file(server, login, route, file, **data):
    """Post a form with a file, given as ``(name, content, type)``, and return the answer."""
    answer = server.session(login).post(
        server.url + route, data={"csrf_token": csrf_token(server, login), **data}, files={"ufile": file}, timeout=120,
    )
    answer.raise_for_status()
    return json.loads(answer.text)


def upload(server, login, name, content, kind="image/png", model="quality.incident", record=0):
    """Upload a document the way a form does, and return the id of the attachment."""
    [answer] = post_file(
        server, login, "/web/binary/upload_attachment", (name, content, kind), model=model, id=record,
    )
    return answer["id"]


class ImportScreen:
    """A file on Odoo's import screen: uploaded, previewed, tested, imported."""

    def __init__(self, server, login, file, mapping, model="quality.incident", **options):
        """Upload ``file``, given as ``(name, content, type)``; ``mapping`` goes from headers to fields."""
        self.server, self.login = server, login
        self.id = server.call(login, "base_import.import", "create", {"res_model": model})
        if not post_file(server, login, "/base_import/set_file", file, id=self.id)["result"]:
            raise AssertionError("the file was not taken")
        options = {**SCREEN_OPTIONS, **options}
        self.preview = server.call(login, "base_import.import", "parse_preview", [self.id], options)
        self.options = {**options, **self.preview["options"]}
        self.headers = self.preview["headers"]
        self.fields = [mapping.get(header, False) for header in self.headers]

    def run(self, dryrun):
        """Press *Test* or *Import*, batch after batch as the screen does; return ``(ids, messages)``."""
        ids, options = [], dict(self.options)
        while True:
            result = self.server.call(
                self.login, "base_import.import", "execute_import", [self.id],
                self.fields, [header.strip().lower() for header in self.headers], options,
                dryrun=dryrun, context={"tracking_disable": True},
            )
            ids += result.get("ids") or []
            if result["messages"] or not result["nextrow"]:
                return ids, result["messages"]
            options["skip"] = result["nextrow"]
