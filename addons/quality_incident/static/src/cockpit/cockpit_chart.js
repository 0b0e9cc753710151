import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { getColor } from "@web/core/colors/colors";
import { cookie } from "@web/core/browser/cookie";

/**
 * One chart of the cockpit: columns of figures, with their cumulative share as a line where they carry one.
 *
 * A column opens its records, and so does its row in the table below, which is also what a screen reader reads.
 */
export class CockpitChart extends Component {
    static template = "quality_incident.CockpitChart";
    static props = {
        figures: Array,
        format: Function,
        title: String,
        shareTitle: { type: String, optional: true },
        open: Function,
    };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.figures],
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get hasShares() {
        return this.props.figures.some((figure) => "share" in figure);
    }

    draw() {
        this.chart?.destroy();
        const scheme = cookie.get("color_scheme");
        const { figures, title, shareTitle } = this.props;
        const datasets = [
            {
                type: "bar",
                label: title,
                data: figures.map((figure) => figure.value),
                backgroundColor: getColor(0, scheme, 1),
                maxBarThickness: 48,
                order: 2,
            },
        ];
        if (this.hasShares) {
            datasets.unshift({
                type: "line",
                label: shareTitle,
                data: figures.map((figure) => figure.share),
                borderColor: getColor(1, scheme, 2),
                backgroundColor: getColor(1, scheme, 2),
                yAxisID: "share",
                order: 1,
            });
        }
        this.chart = new Chart(this.canvas.el, {
            data: { labels: figures.map((figure) => figure.label), datasets },
            options: this.options(),
        });
    }

    options() {
        const { figures, format, open } = this.props;
        const scales = {
            x: { grid: { display: false } },
            y: { beginAtZero: true, ticks: { precision: 0, callback: (value) => format(value) } },
        };
        if (this.hasShares) {
            scales.share = {
                position: "right",
                min: 0,
                max: 100,
                grid: { display: false },
                ticks: { callback: (value) => `${value} %` },
            };
        }
        return {
            maintainAspectRatio: false,
            animation: false,
            scales,
            plugins: {
                legend: { display: false },
                tooltip: {
                    callbacks: {
                        label: ({ dataset, raw }) =>
                            dataset.yAxisID === "share" ? `${dataset.label}: ${raw} %` : format(raw),
                    },
                },
            },
            onClick: (_event, elements) => elements.length && open(figures[elements[0].index]),
            onHover: (event, elements) => {
                event.native.target.style.cursor = elements.length ? "pointer" : "default";
            },
        };
    }
}
