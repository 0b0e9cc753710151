import { inputFiles } from "@web/../tests/utils";
import {
    closed,
    DIALOG,
    PATIENCE,
    pick,
    pickOnPhone,
    save,
    write,
} from "@quality_incident/../tests/tours/quality_tour_steps";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

const { DateTime } = luxon;

// Nothing here looks for a label: the same sessions run in every language.

const session = (name, ...steps) =>
    registry.category("web_tour.tours").add(`service_${name}`, {
        timeout: PATIENCE,
        steps: () => steps.map((step) => (typeof step === "function" ? step() : step)).flat(5),
    });
const isSmall = () => window.innerWidth < 768;

/** Wait until `check` returns something, and return it. */
async function until(check, what) {
    for (let left = PATIENCE; left > 0; left -= 100) {
        const found = check();
        if (found) {
            return found;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(what);
}
/** Return the label of a choice as this user reads it. */
async function labelOf(model, field, value) {
    const kwargs = { allfields: [field], attributes: ["selection"], context: user.context };
    const found = await rpc(`/web/dataset/call_kw/${model}/fields_get`, {
        model,
        method: "fields_get",
        args: [],
        kwargs,
    });
    return Object.fromEntries(found[field].selection)[value];
}
/** The document is in a state; on a phone only the present one shows. */
const reached = (state, model = "service.ticket") => ({
    content: `It is ${state}`,
    trigger: ".o_statusbar_status",
    async run() {
        const label = await labelOf(model, "state", state);
        const shown = () =>
            [...document.querySelectorAll(".o_statusbar_status button")].some((button) => {
                const current = button.classList.contains("o_arrow_button_current") || !button.dataset.value;
                return current && button.offsetParent && button.textContent.trim() === label;
            });
        await until(shown, `It is not ${state}`);
    },
});
/** Press a button of the form; on a phone all but the first are in a menu. */
const act = (name) => [
    {
        content: `Find ${name}`,
        trigger: ".o_form_statusbar",
        async run() {
            const button = `.o_form_statusbar button[name='${name}'], .o-dropdown--menu button[name='${name}']`;
            await until(() => {
                if (document.querySelector(button)) {
                    return true;
                }
                const menu = document.querySelector(".o_form_statusbar button:has(.oi-ellipsis-v)");
                if (menu && !menu.classList.contains("show")) {
                    menu.click();
                }
                return false;
            }, `There is no ${name}`);
        },
    },
    {
        content: `Press ${name}`,
        trigger: `.o_form_statusbar button[name='${name}'], .o-dropdown--menu button[name='${name}']`,
        run: "click",
    },
];
const tab = (name) => ({ content: `Page ${name}`, trigger: `.o_notebook .nav-link[name='${name}']`, run: "click" });
const choose = (name, label) => (isSmall() ? pickOnPhone(name, label) : pick(name, label));
/** Choose a value of a selection. */
const select = (model, name, value, within = "") => [
    { content: `Open ${name}`, trigger: `${within} .o_field_widget[name='${name}'] input`, run: "click" },
    {
        // On a phone the choices lie above the dialog, where tours do not look for a trigger.
        content: `Choose ${value}`,
        trigger: `${within} .o_field_widget[name='${name}']`,
        async run() {
            const label = await labelOf(model, name, value);
            const item = () =>
                [...document.querySelectorAll(".o_select_menu_item")].find((one) => one.textContent.trim() === label);
            (await until(item, `There is no ${label}`)).click();
        },
    },
];
const add = (name) => ({
    content: `Add to ${name}`,
    trigger: ["a", "button"]
        .map((tag) => `.o_field_widget[name='${name}'] .o_field_x2many_list_row_add ${tag}`)
        .concat(`.o_field_widget[name='${name}'] .o-kanban-button-new`)
        .join(", "),
    run: "click",
});
const inPage = (name) => ({ content: `Press ${name}`, trigger: `.o_form_sheet button[name='${name}']`, run: "click" });
const agree = (what) => [
    { content: what, trigger: `${DIALOG} .modal-footer button.btn-primary`, run: "click" },
    closed(what),
];
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
/** Who reads Chinese reads Chinese; what people typed, and names, may be in any language. */
const IN_CHINESE = (selector) => ({
    content: "It is Chinese",
    trigger: selector,
    run() {
        if (!document.documentElement.lang.startsWith("zh")) {
            return;
        }
        const texts = [...document.querySelectorAll(selector)].map((one) => one.textContent.trim()).filter(Boolean);
        const foreign = texts.filter((text) => /[A-Za-z]{3}/.test(text) && !/[\u4e00-\u9fff]/.test(text));
        if (foreign.length > texts.length / 4) {
            throw new Error(`Not Chinese: ${foreign.join(", ")}`);
        }
    },
});
const LABELS = IN_CHINESE(".o_form_view .o_form_label, .o_form_view .nav-link, .o_form_statusbar button");
const PORTAL = IN_CHINESE("main h1, main h2, main label, main th, main button");
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
    choose("partner_id", "Lin"),
    { content: "The phone is known", trigger: ".o_field_widget[name='phone'] input:value('021-555-0199')" },
    write("contact_name", "Mr. Lin"),
    tab("request"),
    write("description", "No more counting"),
    save(),
    reached("new"),
    LABELS,
    FITS,
    act("action_accept"),
    reached("accepted"),
]);

/** Take the complaint, and tell the customer at once. */
session("accept", [
    FITS,
    reached("new"),
    act("action_accept"),
    reached("accepted"),
    { content: "To the customer", trigger: ".o-mail-Chatter-sendMessage", run: "click" },
    { content: "Write", trigger: ".o-mail-Composer-input", run: "edit We replace them at once" },
    { content: "Send", trigger: ".o-mail-Composer button.o-mail-Composer-send:enabled", run: "click" },
    { content: "Sent", trigger: ".o-mail-Message:contains('We replace them at once')" },
]);

session("dispatch", () => [
    LABELS,
    act("action_plan_visit"),
    { content: "The dispatch order", trigger: ".o_form_view .o_field_widget[name='engineer_ids']" },
    LABELS,
    FITS,
    {
        content: "Planned",
        trigger: ".o_field_widget[name='planned_start'] input",
        run: `edit ${DateTime.now().plus({ days: 1 }).toFormat("MM/dd/yyyy 10:00:00")}`,
    },
    { content: "Leave the time", trigger: ".o_field_widget[name='planned_start'] input", run: "press Tab" },
    choose("engineer_ids", "Engineer_a"),
    choose("engineer_ids", "Engineer_b"),
    choose("leader_id", "Engineer_a"),
    save(),
    act("action_plan"),
    reached("planned", "service.visit"),
]);

session("approve_report", act("action_open_approval"), agree("Approved"), reached("approved", "service.visit"));

session("call_back", () => [
    act("action_open_callback"),
    write("person", "Mr. Lin", DIALOG),
    { content: "Solved", trigger: `${DIALOG} .o_field_widget[name='result'] .o_radio_item:first input`, run: "click" },
    agree("Recorded"),
    act("action_confirm"),
    reached("confirmed"),
    act("action_close"),
    reached("closed"),
]);

// ----------------------------------------------------------------------------
// The engineer works it out
// ----------------------------------------------------------------------------

const analysis = (cause, kind) => [
    tab("analysis"),
    add("analysis_ids"),
    write("cause", cause, DIALOG),
    select("service.analysis", "solution_type", kind, DIALOG),
    write("note", "Change it", DIALOG),
    FITS,
    save(DIALOG),
    {
        content: "It is there",
        trigger: ["o_data_row", "o_kanban_record"]
            .map((kind) => `.o_field_widget[name='analysis_ids'] .${kind}:contains('${cause}')`)
            .join(", "),
    },
];
session("analyse", LABELS, act("action_analyse"), reached("analysis"), FITS, analysis("Blocked", "on_site"));
session("analyse_again", reached("analysis"), analysis("Worn bearing", "on_site"));
/** File what helped as a solution, and say so to the customer. */
session("resolve", () => [
    tab("result"),
    LABELS,
    isSmall()
        ? [
              { content: "Solutions", trigger: ".o_field_widget[name='solution_id'] input", run: "click" },
              { content: "A new one", trigger: `${DIALOG} .o_create_button`, run: "click" },
          ]
        : [
              {
                  content: "A new one",
                  trigger: ".o_field_widget[name='solution_id'] input",
                  run: "edit Bearing of DN50",
              },
              { content: "Fill it in", trigger: ".o_m2o_dropdown_option_create_edit a", run: "click" },
          ],
    write("cause", "Worn bearing", DIALOG),
    write("fix", "New bearing", DIALOG),
    save(DIALOG),
    write("resolution", "New bearing"),
    act("action_resolve"),
    reached("resolved"),
    FITS,
]);

// ----------------------------------------------------------------------------
// A complaint on its way through the departments
// ----------------------------------------------------------------------------

session("quality", () => [
    act("action_analyse"),
    reached("analysis"),
    analysis("Bad batch", "replacement"),
    act("action_start"),
    reached("in_progress"),
    LABELS,
    tab("complaint"),
    FITS,
    select("service.ticket", "cause_class", "quality"),
    choose("responsible_department_id", "Works"),
    write("prevention_measure", "Check each batch"),
    inPage("action_raise_incident"),
    { content: "The incident", trigger: ".o_form_view .o_field_widget[name='occurred_at']" },
    reached("draft", "quality.incident"),
    FITS,
]);

session("notice", [
    tab("complaint"),
    inPage("action_raise_rectification"),
    { content: "The notice", trigger: ".o_form_view .o_field_widget[name='recipient_department_id']" },
    LABELS,
    act("action_issue"),
    reached("issued", "quality.rectification"),
    FITS,
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
        act("action_fill"),
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
        IN_CHINESE(".o_service_visit button, .o_service_visit label, .o_service_visit h2"),
        sheet("All ticked", ".o_quality_fill_body:not(:has([aria-checked='false']))", () => {}),
        SAVED,
        sheet("Leave", ".o_service_visit_next"),
        sheet("On the way", "header[data-state='departed']", () => {}),
        sheet("Arrive", ".o_service_visit_next"),
        sheet("On site", "header[data-state='on_site']", () => {}),
        REPORT,
        more,
        sheet(`Result: ${result}`, `button[data-result='${result}']`),
        sheet("It is chosen", `button[data-result='${result}'].btn-primary`, () => {}),
        SAVED,
        FITS,
        sheet("Finish", ".o_service_visit_next"),
        sheet("Finished", "header[data-state='done']", () => {}),
    );
drive("drive_unsolved", "unsolved", text("opinion", "Send a specialist"));
drive("drive_solved", "solved");

session("refuse", () => [
    LABELS,
    act("action_open_signature"),
    { content: "Refused", trigger: `${DIALOG} .o_field_widget[name='refused'] input`, run: "check" },
    write("reason", "Not at home", DIALOG),
    write("witness", "Ms. Wu", DIALOG),
    FITS,
    agree("Kept"),
    act("action_approve_report"),
    { content: "Handed in", trigger: ".o_form_view:not(:has(button[name='action_approve_report']))" },
]);

session(
    "hand_in",
    act("action_fill"),
    sheet("Hand in", ".o_service_visit_next"),
    sheet("Handed in", "footer:not(:has(.o_service_visit_next)), main", () => {}),
);

// ----------------------------------------------------------------------------
// The customer, on the phone
// ----------------------------------------------------------------------------

session(
    "sign",
    FITS,
    PORTAL,
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

/** A photo as a camera takes it; it leaves the browser smaller. */
const PHOTO = [
    {
        content: "A big photo",
        trigger: "#files",
        async run() {
            const canvas = Object.assign(document.createElement("canvas"), { width: 2000, height: 1000 });
            const context = canvas.getContext("2d");
            const picture = context.createImageData(canvas.width, canvas.height);
            for (let i = 0; i < picture.data.length; i++) {
                // a soft slope with the noise of a sensor
                picture.data[i] = i % 4 === 3 ? 255 : (i / picture.data.length) * 200 + Math.random() * 30;
            }
            context.putImageData(picture, 0, 0);
            const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
            await inputFiles("#files", [new File([blob], "meter.png", { type: "image/png" })]);
        },
    },
    {
        content: "It became small",
        trigger: "#files",
        run: () => until(() => document.querySelector("#files").files[0]?.name === "meter.jpg", "It is not smaller"),
    },
];

session(
    "complain",
    submit("New request", "a[href$='/my/tickets/new']"),
    FITS,
    { content: "A complaint", trigger: "#kind", run: "select complaint" },
    { content: "Subject", trigger: "#subject", run: "edit Three meters fail" },
    { content: "Description", trigger: "#description", run: "edit Of one delivery" },
    PORTAL,
    PHOTO,
    submit("Send", "form[action$='/my/tickets/new'] button[type='submit']:enabled"),
    { content: "Received", trigger: ".alert-success" },
    FITS,
);

session("confirm", FITS, PORTAL, submit("It is solved", "form[action$='/confirm'] button[type='submit']"), {
    content: "Thank you",
    trigger: ".alert-success",
});

session(
    "anonymous",
    FITS,
    PORTAL,
    { content: "Subject", trigger: "#subject", run: "edit No water" },
    { content: "Description", trigger: "#description", run: "edit Since noon" },
    { content: "Name", trigger: "#person", run: "edit Passer-by" },
    { content: "E-mail", trigger: "#email", run: "edit passer@example.net" },
    submit("Send", "form[action$='/service/new'] button[type='submit']"),
    submit("Follow", "a[href*='access_token']"),
    { content: "My request", trigger: ".o_service_portal h1:contains('No water')" },
    FITS,
);
