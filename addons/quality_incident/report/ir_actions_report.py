from collections import OrderedDict
from io import BytesIO

from odoo import models

from ..tools.pages import fit_pages
from ..tools.pdf import stamp_pages


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Render quality documents one by one, and number their pages here.

        Debian's wkhtmltopdf has neither page numbers nor several documents in one run; this way a document looks the
        same with it and with the official image's.
        """
        report = self._get_report(report_ref)
        model = self._quality_report_model(report)
        if model is None:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = OrderedDict()
        Report = self.with_context(quality_document=True)
        if not res_ids:  # a document of no single record, such as a register
            streams = super(IrActionsReport, Report)._render_qweb_pdf_prepare_streams(report_ref, data)
            for stream in streams.values():
                stream["stream"] = BytesIO(stamp_pages(stream["stream"].getvalue()))
            return streams
        for record in self.env[report.model].browse(OrderedDict.fromkeys(res_ids)):
            single = super(IrActionsReport, Report)._render_qweb_pdf_prepare_streams(
                report_ref, dict(data or {}), res_ids=record.ids
            )
            stream = single[record.id]
            if stream["stream"] and not stream["attachment"]:
                stream["stream"] = BytesIO(stamp_pages(stream["stream"].getvalue(), model._page_label(record.sudo())))
            streams[record.id] = stream
        return streams

    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        command = super()._build_wkhtmltopdf_args(*args, **kwargs)
        if self.env.context.get("quality_document") and "--javascript-delay" in command:
            # These documents hold no script to wait for; by default each print waits a second for one.
            command[command.index("--javascript-delay") + 1] = "0"
        return command

    def _prepare_html(self, html, report_model=False):
        if self._quality_report_model(self) is not None:
            html = fit_pages(html)
        return super()._prepare_html(html, report_model=report_model)

    def _prepare_pdf_report_attachment_vals_list(self, report, streams):
        vals_list = super()._prepare_pdf_report_attachment_vals_list(report, streams)
        model = self._quality_report_model(report)
        for vals in vals_list if model is not None else ():
            target = model._kept_with(self.env[vals["res_model"]].browse(vals["res_id"]))
            vals.update(res_model=target._name, res_id=target.id)
        return vals_list

    def _quality_report_model(self, report):
        """Return the model that prints ``report`` when it is one of the quality documents, else None."""
        model = self._get_rendering_context_model(report)
        return model if hasattr(model, "_page_label") else None
