from odoo import models


class QualityIncident(models.Model):
    """What the dossier and the closure record of an incident gather."""

    _inherit = "quality.incident"

    def _dossier_seals(self):
        return self.seal_ids | self.acceptance_ids.seal_ids | self.stop_order_ids.seal_ids
