import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { download } from "@web/core/network/download";
import { registry } from "@web/core/registry";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";
import { session } from "@web/session";

/** The register of a list, in Excel or on paper: what is selected, or else all that is filtered. */
export class RegisterMenu extends Component {
    static template = "quality_incident.RegisterMenu";
    static components = { DropdownItem };
    static props = {};

    excel() {
        return this.download("");
    }

    paper() {
        return this.download("/pdf");
    }

    download(path) {
        const { resModel } = this.env.searchModel;
        const { root } = this.env.model;
        const selected = root.isDomainSelected ? [] : root.selection.map((record) => record.resId);
        const domain = selected.length ? [["id", "in", selected]] : root.domain;
        return download({
            url: `/quality/register/${resModel}${path}`,
            data: { domain: JSON.stringify(domain) },
        });
    }
}

registry.category("cogMenu").add(
    "quality-register",
    {
        Component: RegisterMenu,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: ({ config, searchModel }) =>
            ["kanban", "list"].includes(config.viewType) &&
            (session.quality_registers || []).includes(searchModel.resModel),
    },
    { sequence: 9 },
);
