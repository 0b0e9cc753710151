import { registry } from "@web/core/registry";
import {
    add,
    attach,
    check,
    choose,
    closed,
    confirm,
    DIALOG,
    inDays,
    line,
    missing,
    nothingMissing,
    open,
    page,
    PATIENCE,
    pick,
    press,
    reached,
    refused,
    save,
    select,
    write,
    writeDate,
} from "./quality_tour_steps";

const FACTS = ["The cause is found", "The people concerned are educated", "Preventive measures", "The responsible"];

/** One tour per session of a role; `tests/test_tour_incident.py` puts them in order. */
function session(name, ...steps) {
    registry
        .category("web_tour.tours")
        .add(`quality_incident_${name}`, { timeout: PATIENCE, steps: () => steps.flat(3) });
}

session(
    "verify",
    reached("Reported"),
    missing("Verification note"),
    press("Verify"),
    refused("Verification note"),
    write("verification_note", "Seen on the spot"),
    press("Verify"),
    reached("Verified"),
    missing("Written report"),
);

session("written_report", write("written_report", "Report to engineering"), save(), nothingMissing());

session(
    "analyse",
    press("Start analysis"),
    reached("Analysis"),
    missing("Root cause"),
    write("root_cause", "Vibrated too short"),
    pick("cause_category_id", "Method"),
    add("Add a determination"),
    write("documents_checked", "Site diary, test reports", DIALOG),
    press("Confirm", DIALOG),
    refused("Nature of the defect"),
    write("nature", "Honeycombs in the surface", DIALOG),
    press("Confirm", DIALOG),
    closed("confirmed"),
    line("determination_ids", "Investigation and inspection", "Confirmed"),
    nothingMissing(),
    press("Start planning"),
    reached("Plan"),
    add("Add an action"),
    write("name", "Train the crew", DIALOG),
    choose("kind", "Preventive", DIALOG),
    writeDate("due_date", inDays(5), DIALOG),
    save(DIALOG),
    line("action_ids", "Train the crew", "Open"),
);

session(
    "plan",
    press("Ask for approval"),
    refused("A chosen treatment option"),
    add("Add an option"),
    write("name", "Grouting", DIALOG),
    press("Choose", DIALOG),
    refused("It does not meet the standard"),
    check("meets_standard", DIALOG),
    press("Choose", DIALOG),
    closed("chosen"),
    missing("At least one corrective action"),
    add("Add an action"),
    write("name", "Grout the column", DIALOG),
    writeDate("due_date", inDays(3), DIALOG),
    save(DIALOG),
    line("action_ids", "Grout the column", "Open"),
    press("Ask for approval"),
    { content: "The chief engineer is waited for", trigger: ".alert:contains('Waiting for')" },
);

session(
    "approve",
    press("Approve"),
    write("comment", "Sound; watch the curing", DIALOG),
    { content: "Approve", trigger: `${DIALOG} .modal-footer button:contains('Approve')`, run: "click" },
    closed("approved"),
    page("Approvals"),
    {
        content: "The comment is kept",
        trigger: "[name='approval_ids'] .o_data_row:contains('Sound; watch the curing')",
    },
    {
        content: "Chief engineers start no work",
        trigger: ".o_form_statusbar:not(:has(button:contains('Start the work')))",
    },
);

session(
    "approve_in_worklist",
    { content: "Mark it", trigger: ".o_data_row:contains('Thin cover') .o_list_record_selector input", run: "click" },
    { content: "Approve", trigger: ".o_control_panel button:contains('Approve')", run: "click" },
    write("comment", "Agreed", DIALOG),
    { content: "Approve", trigger: `${DIALOG} .modal-footer button:contains('Approve')`, run: "click" },
    closed("approved"),
    { content: "Nothing waits any more", trigger: ".o_list_view:not(:has(.o_data_row:contains('Thin cover')))" },
);

session(
    "work",
    press("Start the work"),
    reached("Executing"),
    missing("“Grout the column” is not done"),
    open("action_ids", "Grout the column"),
    press("Done", DIALOG),
    refused("What was done, and the evidence of it"),
    write("done_note", "Grouted and cured", DIALOG),
    attach("evidence_ids", "repaired.png", DIALOG),
    press("Done", DIALOG),
    closed("done"),
    line("action_ids", "Grout the column", "Done"),
    nothingMissing(),
    press("Ask for acceptance"),
    reached("Acceptance"),
);

session(
    "prevent",
    { content: "My action", trigger: ".o_data_row .o_data_cell:contains('Train the crew')", run: "click" },
    write("done_note", "Trained"),
    attach("evidence_ids", "training.png"),
    press("Done"),
    { content: "It is done", trigger: ".o_arrow_button_current:contains('Done')" },
);

session(
    "accept",
    reached("Acceptance"),
    press("Decide acceptance"),
    confirm(),
    refused("enter the acceptance"),
    add("Add an acceptance"),
    choose("outcome", "1 ·", DIALOG),
    write("inspection_result", "Sound", DIALOG),
    attach("evidence_ids", "inspection.png", DIALOG),
    press("Decide", DIALOG),
    confirm(),
    closed("decided"),
    reached("Closing"),
    ...FACTS.map((fact) => missing(fact)),
);

session(
    "settle",
    add("Add a session"),
    write("name", "Vibrating concrete", DIALOG),
    write("content", "How long, how deep", DIALOG),
    add("Add an attendee"),
    write("name", "Crew 2", `${DIALOG} .o_selected_row`),
    attach("evidence_ids", "signed_list.png", DIALOG),
    save(DIALOG),
    add("Add a decision"),
    pick("department_id", "Works", DIALOG),
    write("decision", "Warning to the crew", DIALOG),
    save(DIALOG),
    line("responsibility_ids", "Works", "Draft"),
    FACTS.map((fact) => [
        open("fact_ids", fact),
        write("statement", "As documented", DIALOG),
        attach("evidence_ids", "fact.png", DIALOG),
        save(DIALOG),
    ]),
    write("actual_loss", "4000"),
    save(),
);

session(
    "send",
    page("Authorities"),
    open("duty_ids", "Pending"),
    select("channel", "Letter", DIALOG),
    write("late_reason", "Taken over from an old register", DIALOG),
    attach("evidence_ids", "receipt.png", DIALOG),
    press("Mark as sent", DIALOG),
    closed("sent"),
    { content: "Nothing is owed any more", trigger: "[name='duty_ids']:not(:has(.o_data_row:contains('Pending')))" },
);

session(
    "decide",
    open("responsibility_ids", "Works"),
    press("Decide", DIALOG),
    closed("decided"),
    line("responsibility_ids", "Works", "Decided"),
    { content: "Reported late", trigger: "[name='violation_ids'] .o_data_row .o_data_cell", run: "click" },
    write("decision", "Reprimand", DIALOG),
    press("Decide", DIALOG),
    closed("decided"),
    { content: "It is decided", trigger: "[name='violation_ids']:not(:has(.o_data_row:contains('Open')))" },
);

session(
    "close",
    page("Plan"),
    ["Grout the column", "Train the crew"].map((action) => [
        open("action_ids", action),
        press("Verify", DIALOG),
        closed("verified"),
        line("action_ids", action, "Verified"),
    ]),
    press("Close incident"),
    refused("not verified"),
    page("Closing"),
    FACTS.map((fact) => [
        open("fact_ids", fact),
        press("Verify", DIALOG),
        closed("verified"),
        line("fact_ids", fact, "Verified"),
    ]),
    nothingMissing(),
    press("Close incident"),
    reached("Closed"),
);
