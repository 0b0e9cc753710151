import re

from lxml import etree
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import QualityCase

LANG = "zh_CN"


@tagged("post_install", "-at_install")
class TestChinese(QualityCase):
    """F1: with Chinese as the language, the product speaks the rule books' Chinese."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANG)
        cls.env.ref("base.module_quality_incident")._update_translations(LANG)
        cls.chinese = cls.env(context={**cls.env.context, "lang": LANG})

    def _form(self, user):
        view = self.env.ref("quality_incident.quality_incident_view_form")
        arch = self.chinese["quality.incident"].with_user(user).get_view(view.id, "form")["arch"]
        return etree.fromstring(arch)

    def test_form_labels(self):
        """F1: labels, buttons, states and grades of the incident form are Chinese."""
        form = self._form(self.lead)
        self.assertEqual(form.get("string"), "质量事故")
        self.assertEqual(form.xpath("//button[@name='action_request_approval']/@string"), ["申请审批"])
        self.assertIn("四不放过", form.xpath("//separator/@string"))
        described = self.chinese["quality.incident"].fields_get(["technical_lead_id", "grade", "state"])
        self.assertEqual(described["technical_lead_id"]["string"], "项目技术负责人")
        self.assertEqual([label for _value, label in described["grade"]["selection"]], ["轻微", "一般", "重大"])
        self.assertEqual(dict(described["state"]["selection"])["closed"], "已结案")

    def test_no_english_on_the_form(self):
        """F1: no role reads an English text on the incident form."""
        for user in (self.reporter, self.lead, self.inspector, self.engineer, self.chief, self.manager):
            form = self._form(user)
            texts = form.xpath("//@string | //@placeholder | //@confirm | //@title | //text()")
            self.assertTrue(texts)
            self.assertEqual([text for text in texts if re.search("[A-Za-z]{2}", text)], [], user.name)

    def test_error_message(self):
        """F1: an error says in Chinese what is missing, with the labels that stand on the form."""
        incident = self._make_incident(location=False).with_user(self.reporter).with_context(lang=LANG)
        with self.assertRaisesRegex(UserError, r"尚不能进入“已报告”状态，还缺少：\n• 部位"):
            incident.action_report()

    def test_data(self):
        """F1: what the addon ships is Chinese too: roles, regimes, approval rules, causes, contents of the report."""
        for name, expected in (
            ("group_quality_technical_lead", "项目技术负责人"),
            ("group_quality_chief_engineer", "总工程师"),
            ("regime_rule_book", "制度规定：书面报告"),
            ("approval_rule_general_chief", "一般质量事故：总工程师"),
            ("cause_people", "人：技能、交底、责任心"),
            ("report_item_location", "事故出现部位"),
            ("escalation_rule_overdue", "逾期一天"),
        ):
            record = self.chinese["ir.model.data"].sudo()._xmlid_to_res_model_res_id(f"quality_incident.{name}")
            self.assertEqual(self.chinese[record[0]].browse(record[1]).name, expected)

    def test_acceptance_wording(self):
        """F1, B8: the five outcomes of an acceptance read as in the rule book."""
        outcomes = self.chinese["quality.acceptance"].fields_get(["outcome"])["outcome"]["selection"]
        self.assertEqual(len(outcomes), 5)
        self.assertIn("有资质的检测单位检测鉴定", outcomes[1][1])
        self.assertIn("严禁验收", outcomes[4][1])
