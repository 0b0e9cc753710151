import { registry } from "@web/core/registry";

/** F8: every kind of panel is drawn, a filter asks again, a figure opens its records. */
registry.category("web_tour.tours").add("quality_incident_cockpit", {
    steps: () => [
        { content: "Charts are drawn", trigger: "[data-panel='pareto'] canvas[role='img']" },
        { content: "Promises are listed", trigger: "[data-panel='deadlines'] li button" },
        { content: "Look back three months", trigger: "button[data-months='3']", run: "click" },
        { content: "It is chosen", trigger: "button[data-months='3'].active" },
        { content: "Open the table of causes", trigger: "[data-panel='pareto'] summary", run: "click" },
        {
            content: "Open the incidents of a cause",
            trigger: "[data-panel='pareto'] details button:contains('Not yet known')",
            run: "click",
        },
        { content: "They are listed", trigger: ".o_list_view .o_data_row:contains('Honeycombs')" },
        { content: "Go back", trigger: ".o_breadcrumb a, .breadcrumb-item a", run: "click" },
        { content: "Open a promise", trigger: "[data-panel='deadlines'] li button", run: "click" },
        { content: "Its document opens", trigger: ".o_form_view" },
    ],
});
