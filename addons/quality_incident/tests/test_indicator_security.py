from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .indicator_common import IndicatorCase


@tagged("post_install", "-at_install")
class TestIndicatorSecurity(IndicatorCase):
    """B5, F12: who reads indicators, who decides what of them, and that nobody touches a value."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.indicator = cls._indicator("repeat_rate")
        cls.value = cls._store(cls(), "repeat_rate").with_env(cls.env)

    def test_who_reads(self):
        for record in (self.indicator, self.value):
            for user in (self.lead, self.inspector, self.engineer, self.chief, self.manager):
                self.assertTrue(record.with_user(user).has_access("read"), user.name)
            for user in (self.reporter, self.plain_user, self.portal_user, self.foreign_manager):
                self.assertFalse(record.with_user(user).has_access("read"), user.name)

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_only_managers_decide(self):
        for user in (self.lead, self.inspector, self.engineer, self.chief, self.reporter, self.plain_user,
                     self.foreign_manager):
            with self.assertRaises(AccessError):
                self.indicator.with_user(user).write({"target": 99})
        own = self.indicator.with_user(self.manager)
        own.write({"target": 3, "period": "quarter", "user_id": self.inspector.id, "start_date": "2025-01-01"})
        own.active = False
        self.assertRecordValues(own, [{"target": 3, "period": "quarter", "active": False}])
        for user in (self.manager, self.chief):
            with self.assertRaises(AccessError):
                self.indicator.with_user(user).unlink()
            with self.assertRaises(AccessError):
                self.env["quality.indicator"].with_user(user).create({"code": "repeat_rate", "name": "Mine"})

    def test_definition_is_fixed(self):
        own = self.indicator.with_user(self.manager)
        for vals in ({"code": "units_good"}, {"formula": "x"}, {"name": "x"}, {"unit": "days"}, {"direction": "higher"},
                     {"numerator_text": "x"}, {"exclusion_text": "x"}, {"company_id": self.other_company.id},
                     {"target": 3, "denominator_text": "x"}):
            with self.assertRaisesRegex(UserError, "definition"):
                own.write(vals)
        with self.assertRaisesRegex(UserError, "definition"):
            own.update_field_translations("formula", {"en_US": "x"})

    def test_settings_make_sense(self):
        own = self.indicator.with_user(self.manager)
        for vals in ({"target": 101}, {"target": -1}, {"user_id": self.reporter.id}, {"user_id": self.lead.id}):
            with self.assertRaises(ValidationError):
                own.write(vals)
        with self.assertRaises(ValidationError):
            self._indicator("days_to_close").with_user(self.manager).is_sample = True
        with self.assertRaises(UserError):
            own.user_id = self.foreign_manager
        self._indicator("days_to_close").with_user(self.manager).target = 400

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_touches_a_value(self):
        values = self.env["quality.indicator.value"]
        vals = {"indicator_id": self.indicator.id, "date_from": "2025-01-01", "date_to": "2025-01-31", "value": 100,
                "verdict": "met"}
        everybody = (self.reporter, self.lead, self.inspector, self.engineer, self.chief, self.manager,
                     self.foreign_manager, self.plain_user, self.portal_user)
        for user in everybody:
            for work in (
                lambda user=user: values.with_user(user).create(vals),
                lambda user=user: self.value.with_user(user).write({"value": 100}),
                lambda user=user: self.value.with_user(user).write({"is_current": False}),
                lambda user=user: self.value.with_user(user).update_field_translations("formula", {"en_US": "x"}),
                lambda user=user: self.value.with_user(user).unlink(),
            ):
                with self.assertRaises(AccessError, msg=user.login):
                    work()

    def test_not_even_the_system(self):
        value = self.value.sudo()
        with self.assertRaisesRegex(UserError, "never changes"):
            value.write({"value": 100})
        with self.assertRaisesRegex(UserError, "never changes"):
            value.is_current = False
        with self.assertRaisesRegex(UserError, "never changes"):
            value.update_field_translations("formula", {"en_US": "x"})
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            value.unlink()
        with self.assertRaisesRegex(UserError, "cannot be entered"):
            value.copy()
        with self.assertRaisesRegex(UserError, "never changes"):
            self.indicator.sudo().write({"value_ids": [(1, value.id, {"value": 100})]})

    def test_only_managers_measure_again(self):
        for user in (self.reporter, self.lead, self.inspector, self.chief, self.foreign_manager, self.portal_user):
            with self.assertRaises(AccessError):
                self.value.with_user(user).action_measure_again("Because")
        self.value.with_user(self.manager).action_measure_again("Because")
        self.assertEqual(len(self.indicator.value_ids), 2)

    def test_other_company_gets_its_own(self):
        """F12: another company gets copies of the shipped indicators, with their texts and without an owner."""
        self.indicator.user_id = self.inspector
        self.other_company.with_user(self.manager).sudo().action_quality_setup()
        copy = self._indicator("repeat_rate", self.other_company)
        self.assertRecordValues(copy, [{"name": self.indicator.name, "target": 5, "user_id": False}])
        number = len(self._indicator("repeat_rate", self.other_company))
        self.other_company.with_user(self.manager).sudo().action_quality_setup()
        self.assertEqual(len(self._indicator("repeat_rate", self.other_company)), number)
        self.assertTrue(copy.with_user(self.foreign_manager).has_access("read"))
        self.assertFalse(copy.with_user(self.manager).has_access("read"))
