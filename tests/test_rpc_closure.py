"""A4 to A13: an imported complaint is taken to its closure over RPC, each step by its role, and by nobody else."""

import datetime

import pytest
from browser import CSV, ImportScreen, upload
from conftest import RpcError

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)
MAPPING = {
    "Complaint Number": "external_ref", "Date Entered": "occurred_at", "House Number": "location",
    "House Street": "location", "Complaint Category": "title", "Unit": "title", "Disposition Code": "description",
    "Inspection Date": "description",
}


class Case:
    """One incident and the users who work on it, each through a session of their own."""

    model = "quality.incident"

    def __init__(self, server, incident):
        """Work on the incident with this id."""
        self.server, self.id = server, incident

    def call(self, login, method, *args, model=None, ids=None, **kwargs):
        """Call a method on the incident, or on other records."""
        return self.server.call(login, model or self.model, method, ids or [self.id], *args, **kwargs)

    def create(self, login, model, **values):
        """Create a line of the incident and return its id."""
        return self.server.call(login, model, "create", {"incident_id": self.id, **values})

    def read(self, field):
        """Return the value of a field as the manager sees it."""
        return self.call("manager", "read", [field])[0][field]

    def proof(self, login, name="proof.png", content=PICTURE):
        """Upload a document and return the command that links it."""
        return [[4, upload(self.server, login, name, content)]]

    def lines(self, model, **match):
        """Return the ids of the incident's lines in ``model`` with these values."""
        domain = [["incident_id", "=", self.id], *([name, "=", value] for name, value in match.items())]
        return self.server.call("manager", model, "search", domain)

    def user(self, login):
        """Return the id of a user."""
        return int(self.server.sql(f"SELECT id FROM res_users WHERE login = '{login}'")[0][0])

    def ref(self, name):
        """Return the id of a record of the addon."""
        return int(self.server.sql(
            f"SELECT res_id FROM ir_model_data WHERE module = 'quality_incident' AND name = '{name}'",
        )[0][0])

    def refuses(self, logins, method, *args, error="AccessError", match=None, **kwargs):
        """Check that the server refuses a call of these users, and that the incident stays where it is."""
        state = self.read("state")
        for login in logins:
            with pytest.raises(RpcError, match=match) as raised:
                self.call(login, method, *args, **kwargs)
            assert raised.value.name == error, f"{login}: {raised.value}"
        assert self.read("state") == state


@pytest.fixture(scope="module")
def case(make_odoo_server, quality_data):
    """The first complaint of the file that is still open, imported by the reporter."""
    file = quality_data / "nyc_dob_complaints.csv"
    if not file.is_file():
        pytest.skip(f"no file to import: {file}; set QUALITY_DATA to the folder with the real files")
    with make_odoo_server("--max-cron-threads=0") as server:
        ids, messages = ImportScreen(server, "reporter", (file.name, file.read_bytes(), CSV), MAPPING).run(dryrun=False)
        assert not messages
        yield Case(server, ids[2])
        assert not server.errors(), f"errors in {server.log}"


def test_an_imported_complaint_is_closed_by_its_roles(case):
    """The way of a major incident; every ``refuses`` is a shortcut somebody tries over RPC."""
    assert case.read("state") == "draft"
    for step in (report, verify, analyse, plan, approve, execute, accept, settle, close, afterwards):
        step(case)


def report(case):
    """A7, A8: the reporter completes what the register lacks and reports."""
    case.refuses(["reporter"], "write", {"state": "closed"}, error="UserError", match="cannot go from")
    case.call("reporter", "write", {
        "grade": "major", "description": "Scaffold without ties, stop-work ordered",
        "project_id": case.ref("demo_project_school"), "technical_lead_id": case.user("lead"),
        "engineer_id": case.user("engineer"), "inspector_id": case.user("inspector"),
        "estimated_loss": 250000, "preliminary_cause": "Ties removed too early",
        "responsible_department_id": case.ref("demo_department_project"), "responsible_person": "Foreman Wang",
        "evidence_ids": case.proof("reporter", "scaffold.png"),
    })
    case.call("reporter", "action_report")
    assert case.read("state") == "reported"
    assert len(case.lines("quality.reporting.duty")) == 3
    assert len(case.lines("quality.stop.order")) == 1


def verify(case):
    """A5, A9: the engineering department verifies, once the scene is protected."""
    case.refuses(["reporter", "lead", "inspector", "chief", "manager"], "action_verify")
    case.call("engineer", "write", {"verification_note": "Seen on the spot"})
    case.refuses(["engineer"], "action_verify", error="UserError", match="scene-protection")
    case.create("lead", "quality.scene.protection", measures="Closed off", evidence_ids=case.proof("lead", "scene.png"))
    case.call("engineer", "action_verify")


def analyse(case):
    """A5: the chief engineer convenes the departments."""
    case.refuses(["lead", "inspector", "reporter"], "action_analyse")
    case.call("engineer", "action_analyse")
    case.refuses(["engineer"], "action_plan", error="UserError", match=r"(?s)Root cause.*joint analysis")
    case.call("engineer", "write", {"root_cause": "No checks of ties", "cause_category_id": case.ref("cause_method")})
    departments = [case.ref("demo_department_engineering"), case.ref("demo_department_quality")]
    case.create("chief", "quality.analysis.meeting", name="Joint analysis", conclusion="Rebuild the ties",
                department_ids=[[6, 0, departments]])
    case.call("engineer", "action_plan")


def plan(case):
    """A2, B7: a treatment that meets the standard, actions with owner and date, prevention by engineering."""
    option = case.create("lead", "quality.treatment.option", name="Rebuild", method="repair", meets_standard=True,
                         cost=8000, days=4)
    case.call("lead", "action_choose", model="quality.treatment.option", ids=[option])
    case.refuses(["lead"], "action_request_approval", error="UserError", match="corrective action")
    due = (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
    case.create("lead", "quality.action", name="Put the ties back", kind="corrective",
                user_id=case.user("lead"), due_date=due)
    case.create("engineer", "quality.action", name="Weekly check of ties", kind="preventive",
                user_id=case.user("engineer"), due_date=due)
    case.refuses(["inspector", "reporter"], "action_request_approval")
    case.call("lead", "action_request_approval")


def approve(case):
    """A5, F3: engineering, then the chief engineer; nobody their own plan, nobody out of turn."""
    for login in ("lead", "chief", "inspector", "reporter"):
        with pytest.raises(RpcError, match=r"AccessError|UserError"):
            case.call(login, "action_approve")
    case.refuses(["lead"], "action_execute", error="UserError", match="approval")
    case.call("engineer", "action_approve")
    case.refuses(["lead"], "action_execute", error="UserError", match="approval")
    case.call("chief", "action_approve")
    assert case.read("approval_state") == "approved"


def execute(case):
    """A2: the work, each action by its owner with evidence."""
    case.refuses(["inspector", "chief", "reporter"], "action_execute")
    case.call("lead", "action_execute")
    case.refuses(["lead"], "action_request_acceptance", error="UserError", match="is not done")
    for action in case.lines("quality.action"):
        [row] = case.call("manager", "read", ["user_id"], model="quality.action", ids=[action])
        login = "lead" if row["user_id"][0] == case.user("lead") else "engineer"
        case.call(login, "write", {"done_note": "Done as planned", "evidence_ids": case.proof(login)},
                  model="quality.action", ids=[action])
        case.call(login, "action_done", model="quality.action", ids=[action])
    case.call("lead", "action_request_acceptance")


def accept(case):
    """B8: the quality inspector accepts with documents; the doer does not."""
    case.refuses(["lead", "engineer", "manager", "reporter"], "action_accept")
    with pytest.raises(RpcError, match="AccessError"):
        case.create("lead", "quality.acceptance", outcome="reinspected", inspection_result="Sound")
    case.create("inspector", "quality.acceptance", outcome="reinspected", inspection_result="Sound",
                evidence_ids=case.proof("inspector", "acceptance.png"))
    case.call("inspector", "action_accept")
    assert case.read("state") == "closing"


def settle(case):
    """A8, A11 to A13: duties, signatures, filing and the four facts."""
    case.refuses(["manager"], "action_close", error="UserError", match=r"(?s)neither sent nor waived.*actual loss")
    for action in case.lines("quality.action", state="done"):
        case.refuses(["lead"], "action_verify", model="quality.action", ids=[action])
        case.call("inspector", "action_verify", model="quality.action", ids=[action])
    now = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
    case.create("lead", "quality.education", name="Scaffolds", content="Ties", held_at=now,
                trainer_id=case.user("lead"), evidence_ids=case.proof("lead"),
                attendee_ids=[[0, 0, {"name": "Crew 2"}]])
    decision = case.create("lead", "quality.responsibility", department_id=case.ref("demo_department_project"),
                           decision="Warning", sanction="warning")
    case.call("chief", "action_decide", model="quality.responsibility", ids=[decision])
    for duty in case.lines("quality.reporting.duty", state="pending"):
        this = {"model": "quality.reporting.duty", "ids": [duty]}
        case.call("inspector", "write", {"channel": "letter", "evidence_ids": case.proof("inspector")}, **this)
        case.refuses(["inspector"], "action_send", error="UserError", match="late", **this)
        case.call("inspector", "write", {"late_reason": "Taken over from the old register"}, **this)
        case.call("inspector", "action_send", **this)
    resume(case)
    for fact in case.lines("quality.closure.fact"):
        case.call("lead", "write", {"statement": "As documented", "evidence_ids": case.proof("lead")},
                  model="quality.closure.fact", ids=[fact])
        case.refuses(["lead"], "action_verify", model="quality.closure.fact", ids=[fact])
        case.call("inspector", "action_verify", model="quality.closure.fact", ids=[fact])
    for violation in case.lines("quality.violation", state="open"):
        case.call("chief", "write", {"decision": "Warned"}, model="quality.violation", ids=[violation])
        case.call("chief", "action_decide", model="quality.violation", ids=[violation])


def resume(case):
    """A12: no work before the experts and the station signed."""
    [order] = case.lines("quality.stop.order")
    case.refuses(["inspector"], "action_resume", model="quality.stop.order", ids=[order], error="UserError")
    for signature in case.server.call("manager", "quality.resume.signoff", "search", [["order_id", "=", order]]):
        case.call("inspector", "write", {"signer_name": "Zhou", "evidence_ids": case.proof("inspector")},
                  model="quality.resume.signoff", ids=[signature])
        case.call("inspector", "action_sign", model="quality.resume.signoff", ids=[signature])
    case.call("inspector", "action_resume", model="quality.stop.order", ids=[order])


def close(case):
    """A13: one error lists what is missing; the reporter and the technical lead never close."""
    case.call("manager", "write", {"actual_loss": 200000})
    case.create("engineer", "quality.team.member", partner_id=case.ref("demo_partner_expert"), role="expert",
                opinion="The ties suffice")
    case.refuses(["manager"], "action_close", error="UserError", match="detailed report")
    case.call("inspector", "write", {"detailed_filed_proof_ids": case.proof("inspector")})
    case.call("inspector", "action_file_detailed_report")
    case.refuses(["reporter", "lead", "chief"], "action_close")
    case.call("manager", "action_close")


def afterwards(case):
    """What is closed stays as it is, and shows who did what."""
    assert case.read("state") == "closed"
    case.refuses(["manager"], "write", {"title": "Nothing happened"}, error="UserError", match="no longer be changed")
    case.refuses(["manager", "admin"], "unlink")
    approvals = case.server.call("manager", "quality.approval", "search_read", [
        ["res_model", "=", "quality.incident"], ["res_id", "=", case.id],
    ], ["state", "decided_by_id"], order="sequence")
    assert [row["state"] for row in approvals] == ["approved", "approved"]
    assert [row["decided_by_id"][0] for row in approvals] == [case.user("engineer"), case.user("chief")]
    clocks = case.server.call("manager", "quality.deadline", "search_read", [
        ["res_model", "=", "quality.incident"], ["res_id", "=", case.id],
    ], ["kind", "state"])
    assert sorted({row["kind"] for row in clocks if row["state"] == "running"}) == ["effectiveness"]
    assert [row["state"] for row in clocks if row["kind"] == "statutory"] == ["late"] * 3
    seals = [["res_model", "=", "quality.incident"], ["res_id", "=", case.id]]
    assert case.server.call("manager", "quality.seal", "search_count", seals) == 1
    violations = [["incident_id", "=", case.id], ["detected", "=", True]]
    found = case.server.call("manager", "quality.violation", "search_read", violations, ["kind", "state"])
    assert [(row["kind"], row["state"]) for row in found] == [("late_report", "decided")] * 3
