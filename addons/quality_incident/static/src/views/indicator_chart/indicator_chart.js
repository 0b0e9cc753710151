import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, onWillStart, useEffect, useRef, xml } from "@odoo/owl";

/** The course of an indicator against the target of each time; shapes and dashes, because colours mean deadlines. */
export class IndicatorChartField extends Component {
    static template = xml`<div style="height: 240px; max-width: 1000px"><canvas t-ref="canvas" role="img" t-att-aria-label="label"/></div>`;
    static props = { ...standardFieldProps };

    setup() {
        this.canvasRef = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const chart = new Chart(this.canvasRef.el, this.config);
                return () => chart.destroy();
            },
            () => [JSON.stringify(this.points)],
        );
    }

    get points() {
        return this.props.record.data[this.props.name] || [];
    }

    get label() {
        return this.points.map((point) => `${point.period}: ${point.text}`).join("; ");
    }

    get config() {
        const ink = getComputedStyle(this.canvasRef.el).color;
        const points = this.points;
        return {
            type: "line",
            data: {
                labels: points.map((point) => point.period),
                datasets: [
                    {
                        label: _t("Measured value"),
                        data: points.map((point) => point.value),
                        borderColor: ink,
                        backgroundColor: ink,
                        borderWidth: 2,
                        pointRadius: 4,
                        spanGaps: true,
                    },
                    {
                        label: _t("Target value"),
                        data: points.map((point) => point.target),
                        borderColor: "#8a8a8a",
                        backgroundColor: "#8a8a8a",
                        borderDash: [6, 4],
                        borderWidth: 2,
                        pointRadius: 0,
                        stepped: "middle",
                    },
                ],
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                interaction: { mode: "index", intersect: false },
                plugins: {
                    legend: { position: "bottom" },
                    tooltip: {
                        callbacks: { footer: ([item]) => points[item.dataIndex].verdict },
                    },
                },
            },
        };
    }
}

registry.category("fields").add("quality_indicator_chart", {
    component: IndicatorChartField,
    supportedTypes: ["json"],
});
