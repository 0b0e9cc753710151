import { registry } from "@web/core/registry";

/** Press an entry of the gear menu; a download leaves no trace on the page, so ask for the same file and look at it. */
const taken = (entry, path, extension) => [
    { content: "Its gear menu", trigger: ".o_cp_action_menus .dropdown-toggle", run: "click" },
    {
        content: `The register as ${extension}`,
        trigger: `.${entry}`,
        async run(helpers) {
            const opened = window.fetch(`/quality/register/quality.rectification${path}`);
            await helpers.click();
            const answer = await opened;
            if (!answer.ok || !answer.headers.get("Content-Disposition").includes(extension)) {
                throw new Error(`no register: ${answer.status}`);
            }
        },
    },
];

/** F9, D6: the gear menu of a list downloads what is filtered, in Excel and on paper. */
registry.category("web_tour.tours").add("quality_incident_register", {
    steps: () => [
        { content: "A list", trigger: ".o_list_view .o_data_row, .o_kanban_view .o_kanban_record" },
        ...taken("o_quality_register", "", ".xlsx"),
        ...taken("o_quality_register_pdf", "/pdf", ".pdf"),
        { content: "No error", trigger: "body:not(:has(.o_error_dialog))" },
    ],
});
