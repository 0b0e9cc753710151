import hashlib
import hmac
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class ServiceRateLimit(models.Model):
    """How often somebody without a login used a form: counted in the database, so all processes count together (F4).

    Keys are hashed with the database's secret: no address is kept.
    """

    _name = "service.rate.limit"
    _description = "Uses of a public form"
    _log_access = False

    key = fields.Char(required=True)
    since = fields.Datetime(required=True, index=True)
    count = fields.Integer(required=True, default=0, aggregator=None)

    _key_uniq = models.UniqueIndex("(key)")

    @api.model
    def _allows(self, scope, value, limit, seconds):
        """Count one use and return whether it is within the limit.

        :param scope: what is counted, such as ``form:ip``
        :param value: who, such as an address
        :param limit: uses allowed within ``seconds``
        """
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        key = hmac.new(secret.encode(), f"{scope}:{value}".encode(), hashlib.sha256).hexdigest()
        now = fields.Datetime.now()
        [[count]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO service_rate_limit AS known (key, since, count) VALUES (%(key)s, %(now)s, 1)
                ON CONFLICT (key) DO UPDATE SET
                    count = CASE WHEN known.since < %(start)s THEN 1 ELSE known.count + 1 END,
                    since = CASE WHEN known.since < %(start)s THEN %(now)s ELSE known.since END
                RETURNING count
                """,
                key=key, now=now, start=now - timedelta(seconds=seconds),
            )
        )
        return count <= limit

    @api.autovacuum
    def _gc_rate_limits(self):
        old = self.search([("since", "<", fields.Datetime.now() - timedelta(days=2))], limit=10000)
        old.unlink()
