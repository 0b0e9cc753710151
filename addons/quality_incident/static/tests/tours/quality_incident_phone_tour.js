import { registry } from "@web/core/registry";
import {
    add,
    attach,
    check,
    choose,
    closed,
    DIALOG,
    inDays,
    line,
    missing,
    page,
    PATIENCE,
    pickOnPhone,
    press,
    refused,
    save,
    write,
    writeDate,
} from "./quality_tour_steps";

/** Nothing sticks out to the right: whoever reports on a site does not scroll sideways. */
const FITS = {
    content: "The page is no wider than the phone",
    trigger: ".o_content",
    run() {
        for (const element of [document.documentElement, this.anchor]) {
            if (element.scrollWidth > element.clientWidth) {
                throw new Error(`${element.className}: ${element.scrollWidth} > ${element.clientWidth}`);
            }
        }
    },
};
/** On a phone the steps are behind a menu; only the present one shows. */
const reached = (state) => ({
    content: `The incident is ${state}`,
    trigger: `.o_statusbar_status button:contains('${state}')`,
});
const session = (name, ...steps) =>
    registry
        .category("web_tour.tours")
        .add(`quality_incident_phone_${name}`, { timeout: PATIENCE, steps: () => steps.flat(3) });

session(
    "report",
    FITS,
    press("Report"),
    { content: "What is missing is marked", trigger: ".o_field_invalid[name='location']" },
    write("title", "Thin cover"),
    attach("evidence_ids", "cover.png"),
    write("location", "Axis B/2"),
    write("description", "Bars exposed over half a metre"),
    choose("grade", "Minor"),
    pickOnPhone("project_id", "Riverside school"),
    pickOnPhone("technical_lead_id", "Lead"),
    FITS,
    press("Report"),
    { content: "It is reported", trigger: ".ribbon:contains('Reported')" },
    { content: "It can be read, not changed", trigger: ".o_field_widget[name='title']:not(:has(input))" },
);

session(
    "complete",
    reached("Draft"),
    write("description", "Disposition L3, to be inspected"),
    choose("grade", "General"),
    pickOnPhone("project_id", "Riverside school"),
    pickOnPhone("technical_lead_id", "Lead"),
    attach("evidence_ids", "scaffold.png"),
    press("Report"),
    { content: "It is reported", trigger: ".ribbon:contains('Reported')" },
);

session(
    "verify",
    FITS,
    reached("Reported"),
    write("verification_note", "Seen on the spot"),
    press("Verify"),
    reached("Verified"),
);

session(
    "plan",
    page("Investigation"),
    write("root_cause", "Spacers left out"),
    pickOnPhone("cause_category_id", "People"),
    press("Start planning"),
    reached("Plan"),
    page("Plan"),
    add("Add an option"),
    write("name", "Coat", DIALOG),
    press("Choose", DIALOG),
    refused("It does not meet the standard"),
    check("meets_standard", DIALOG),
    press("Choose", DIALOG),
    closed("chosen"),
    line("option_ids", "Coat", "Chosen"),
    FITS,
    add("Add an action"),
    write("name", "Coat the beam", DIALOG),
    writeDate("due_date", inDays(3), DIALOG),
    save(DIALOG),
    line("action_ids", "Coat the beam", "Open"),
    add("Add an action"),
    write("name", "Check spacers before pouring", DIALOG),
    choose("kind", "Preventive", DIALOG),
    writeDate("due_date", inDays(5), DIALOG),
    save(DIALOG),
    line("action_ids", "Check spacers", "Open"),
    press("Ask for approval"),
    missing("The approval of the plan"),
);
