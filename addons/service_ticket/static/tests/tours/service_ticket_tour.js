import {
    closed,
    DIALOG,
    page,
    PATIENCE,
    pick,
    pickOnPhone,
    press,
    save,
    write,
} from "@quality_incident/../tests/tours/quality_tour_steps";
import { registry } from "@web/core/registry";

const session = (name, ...steps) =>
    registry.category("web_tour.tours").add(`service_${name}`, {
        timeout: PATIENCE,
        steps: () => steps.map((step) => (typeof step === "function" ? step() : step)).flat(4),
    });
/** On a phone only the present state shows. */
const reached = (state) => ({
    content: `It is ${state}`,
    trigger: `.o_arrow_button_current:contains('${state}'), .o_statusbar_status button:contains('${state}')`,
});
const isSmall = () => window.innerWidth < 768;
/** Press a button of the form; on a phone all but the first are in a menu. */
const act = (label) => [
    {
        content: `Find ${label}`,
        trigger: ".o_form_statusbar",
        run() {
            const shown = [...this.anchor.querySelectorAll(".o_statusbar_buttons button")].some((button) =>
                button.textContent.includes(label),
            );
            if (!shown) {
                this.anchor.querySelector(".oi-ellipsis-v")?.closest("button").click();
            }
        },
    },
    {
        content: `Press ${label}`,
        trigger: `.o_statusbar_buttons button:contains('${label}'), .o-dropdown--menu button:contains('${label}')`,
        run: "click",
    },
];
const choose = (name, label) => (isSmall() ? pickOnPhone(name, label) : pick(name, label));
const submit = (what, trigger) => ({ content: what, trigger, run: "click", expectUnloadPage: true });
const FITS = {
    content: "The page is no wider than the screen",
    trigger: "body",
    run() {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth > clientWidth) {
            throw new Error(`${scrollWidth} > ${clientWidth}`);
        }
    },
};
const sheet = (what, trigger, run = "click") => ({ content: what, trigger: `.o_service_visit ${trigger}`, run });
const text = (name, value) => [
    sheet(`Write ${name}`, `#visit_${name}`, `edit ${value}`),
    sheet(`Leave ${name}`, `#visit_${name}`, "press Tab"),
];

// ----------------------------------------------------------------------------
// The service desk
// ----------------------------------------------------------------------------

session("call", () => [
    FITS,
    { content: "New", trigger: ".o_control_panel .o-kanban-button-new", run: "click" },
    write("subject", "The meter stands still"),
    choose("partner_id", "Lake Waterworks"),
    { content: "The phone is known", trigger: ".o_field_widget[name='phone'] input:value('021-555-0101')" },
    page("Request"),
    write("description", "No more counting"),
    save(),
    reached("New"),
    FITS,
    act("Accept"),
    reached("Accepted"),
]);

session("dispatch", () => [
    act("Plan a visit"),
    { content: "The dispatch order", trigger: ".o_form_view .o_field_widget[name='engineer_ids']" },
    FITS,
    choose("engineer_ids", "Engineer_a"),
    choose("engineer_ids", "Engineer_b"),
    choose("leader_id", "Engineer_a"),
    save(),
    act("Dispatch"),
    reached("Planned"),
]);

session("approve_report", () => [
    act("Approve"),
    { content: "Approve", trigger: `${DIALOG} .modal-footer button:contains('Approve')`, run: "click" },
    closed("approved"),
    reached("Approved"),
]);

session("call_back", () => [
    act("Call back"),
    write("person", "Mr. Lin", DIALOG),
    { content: "Solved", trigger: `${DIALOG} .o_field_widget[name='result'] .o_radio_item:first input`, run: "click" },
    { content: "Record", trigger: `${DIALOG} .modal-footer button.btn-primary`, run: "click" },
    closed("recorded"),
    act("Confirmed"),
    reached("Confirmed"),
    act("Close"),
    reached("Closed"),
]);

// ----------------------------------------------------------------------------
// The engineer, on the phone
// ----------------------------------------------------------------------------

const REPORT = [
    text("listen", "It stopped on Monday"),
    text("look", "No leak"),
    text("examine", "Bearing blocked"),
    text("true_cause", "Worn bearing"),
    text("work_done", "Cleaned"),
    text("departure_report", "Left as it was"),
];
const SAVED = sheet("All is saved", "[data-waiting='0']", () => {});
const drive = (name, result, ...more) =>
    session(
        name,
        press("On the phone"),
        FITS,
        {
            content: "Everything is ready",
            trigger: ".o_service_visit .o_service_visit_check",
            async run() {
                for (const check of document.querySelectorAll(".o_service_visit_check[aria-checked='false']")) {
                    check.click();
                }
            },
        },
        sheet("All ticked", ".o_quality_fill_body:not(:has([aria-checked='false']))", () => {}),
        SAVED,
        sheet("Leave", ".o_service_visit_next"),
        sheet("On the way", "header:contains('On the way')", () => {}),
        sheet("Arrive", ".o_service_visit_next"),
        sheet("On site", "header:contains('On site')", () => {}),
        REPORT,
        more,
        sheet(`Result: ${result}`, `button[data-result='${result}']`),
        sheet("It is chosen", `button[data-result='${result}'].btn-primary`, () => {}),
        SAVED,
        FITS,
        sheet("Finish", ".o_service_visit_next"),
        sheet("Finished", "header:contains('Finished')", () => {}),
    );
drive("drive_unsolved", "unsolved", text("opinion", "Send a specialist"));
drive("drive_solved", "solved");

session(
    "hand_in",
    press("On the phone"),
    sheet("Hand in", ".o_service_visit_next"),
    sheet("Handed in", "footer:not(:has(.o_service_visit_next)), main", () => {}),
);

// ----------------------------------------------------------------------------
// The customer, on the phone
// ----------------------------------------------------------------------------

session(
    "sign",
    FITS,
    {
        content: "Evaluate",
        trigger: "form[action*='/evaluate']",
        run() {
            for (const choice of this.anchor.querySelectorAll("input[value='5']")) {
                choice.checked = true;
            }
        },
    },
    submit("Evaluate, then sign", "form[action*='/evaluate'] button[type='submit']"),
    { content: "Name", trigger: ".o_web_sign_name_group input", run: "edit Mr. Lin" },
    { content: "A signature", trigger: ".o_web_sign_signature" },
    submit("Sign", ".o_portal_sign_submit:enabled"),
    { content: "Signed", trigger: ".alert-success" },
);

session(
    "complain",
    submit("New request", "a[href='/my/tickets/new']"),
    FITS,
    { content: "A complaint", trigger: "#kind", run: "select complaint" },
    { content: "Subject", trigger: "#subject", run: "edit Three meters fail" },
    { content: "Description", trigger: "#description", run: "edit Of one delivery" },
    submit("Send", "form[action='/my/tickets/new'] button[type='submit']"),
    { content: "Received", trigger: ".alert-success" },
    FITS,
);

session("confirm", FITS, submit("It is solved", "form[action$='/confirm'] button[type='submit']"), {
    content: "Thank you",
    trigger: ".alert-success",
});

session(
    "anonymous",
    FITS,
    { content: "Subject", trigger: "#subject", run: "edit No water" },
    { content: "Description", trigger: "#description", run: "edit Since noon" },
    { content: "Name", trigger: "#person", run: "edit Passer-by" },
    { content: "E-mail", trigger: "#email", run: "edit passer@example.net" },
    submit("Send", "form[action='/service/new'] button[type='submit']"),
    submit("Follow", "a[href*='access_token']"),
    { content: "My request", trigger: ".o_service_portal h1:contains('No water')" },
    FITS,
);
