import { registry } from "@web/core/registry";

/** F9: the gear menu of a list downloads what is filtered. */
registry.category("web_tour.tours").add("quality_incident_register", {
    steps: () => [
        { content: "A list", trigger: ".o_list_view .o_data_row, .o_kanban_view .o_kanban_record" },
        { content: "Its gear menu", trigger: ".o_cp_action_menus .dropdown-toggle", run: "click" },
        {
            content: "The register",
            trigger: ".o_quality_register",
            async run(helpers) {
                // A download leaves no trace on the page: ask for the same file and look at it.
                const opened = window.fetch("/quality/register/quality.rectification");
                await helpers.click();
                const answer = await opened;
                if (!answer.ok || !answer.headers.get("Content-Disposition").includes(".xlsx")) {
                    throw new Error(`no register: ${answer.status}`);
                }
            },
        },
        { content: "No error", trigger: "body:not(:has(.o_error_dialog))" },
    ],
});
