# mechanisms
from . import ir_fields
from . import quality_workflow_mixin
from . import quality_personal_mixin
from . import quality_step_mixin
from . import quality_portal_mixin
from . import quality_effect_mixin
from . import quality_evidence_mixin
from . import ir_attachment
from . import quality_line_mixin
from . import quality_import_mixin

# the deadline ledger
from . import quality_deadline
from . import quality_deadline_clock
from . import quality_deadline_mixin
from . import quality_escalation_rule
from . import quality_escalation
from . import quality_escalation_notice
from . import mail_activity

# approvals and seals
from . import quality_ledger_mixin
from . import quality_approval
from . import quality_approval_request
from . import quality_approval_people
from . import quality_approval_notice
from . import quality_approval_rule
from . import quality_approval_substitute
from . import quality_approval_mixin
from . import quality_seal
from . import quality_seal_mixin

# the dossier
from . import quality_dossier
from . import quality_dossier_build
from . import quality_dossier_mixin

# the incident and what it consists of
from . import quality_cause_category
from . import quality_report_item
from . import quality_legal_threshold
from . import quality_incident_contents
from . import quality_incident
from . import quality_import_word
from . import quality_incident_workflow
from . import quality_incident_guards
from . import quality_incident_reporting
from . import quality_incident_notice
from . import quality_incident_screen
from . import quality_incident_effect
from . import quality_incident_import
from . import quality_incident_template
from . import quality_incident_dossier
from . import quality_reporting_regime
from . import quality_reporting_duty
from . import quality_scene_protection
from . import quality_stop_order
from . import quality_resume_signoff
from . import quality_team_member
from . import quality_analysis_meeting
from . import quality_determination
from . import quality_treatment_option
from . import quality_action
from . import quality_acceptance
from . import quality_responsibility
from . import quality_education
from . import quality_violation
from . import quality_closure_fact
from . import quality_recall_line
from . import quality_incident_recall
from . import quality_incident_cost

# personal data
from . import quality_erasure
from . import quality_erasure_scope
from . import quality_erasure_run
from . import quality_erasure_contact

from . import quality_register_mixin

# standards, and the rectification notice
from . import quality_standard
from . import quality_rectification
from . import quality_rectification_workflow
from . import quality_rectification_guards
from . import quality_rectification_clocks
from . import quality_rectification_plan
from . import quality_rectification_repeat
from . import quality_rectification_raise
from . import quality_rectification_line
from . import quality_rectification_line_rights
from . import quality_rectification_line_steps
from . import quality_rectification_recheck
from . import quality_rectification_extension
from . import quality_rectification_import
from . import quality_rectification_settings
from . import quality_rectification_portal
from . import quality_rectification_portal_page

# inspections
from . import quality_inspection_template
from . import quality_inspection_plan
from . import quality_inspection
from . import quality_inspection_workflow
from . import quality_inspection_line
from . import quality_inspection_register
from . import quality_inspection_raise
from . import quality_inspection_sheet
from . import quality_inspection_schedule
from . import quality_inspection_invite
from . import quality_inspection_import

# the weekly bulletin
from . import quality_bulletin
from . import quality_bulletin_line
from . import quality_bulletin_figures

# indicators
from . import quality_indicator
from . import quality_indicator_measure
from . import quality_indicator_inspections
from . import quality_indicator_rectifications
from . import quality_indicator_incidents
from . import quality_indicator_value
from . import quality_indicator_snapshot
from . import quality_indicator_raise
from . import quality_indicator_screen

# the managers' cockpit
from . import quality_cockpit
from . import quality_cockpit_work
from . import quality_cockpit_incidents
from . import quality_cockpit_indicators

# registers in Excel
from . import quality_incident_register
from . import quality_rectification_register
from . import quality_indicator_register
from . import ir_http

# set-up
from . import res_company
from . import res_config_settings
