from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the client which lists have a register in Excel."""
        info = super().session_info()
        if self.env.user._is_internal():
            names = self.env.registry.descendants(["quality.register.mixin"], "_inherit")
            info["quality_registers"] = sorted(name for name in names if not self.env[name]._abstract)
        return info
