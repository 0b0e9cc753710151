"""The managers' cockpit at 100,000 incidents: server time and queries of its one request."""

import statistics
import time

SIZE = 100_000
TURNS = 20


def fill(cr):
    """Ten years of records: 3,000 of each are open, the causes and projects unevenly spread."""
    cr.execute("""
        INSERT INTO project_project (name, active, company_id, privacy_visibility, last_update_status, alias_id)
        SELECT jsonb_build_object('en_US', 'Project ' || n), true, 1, 'employees', 'to_define', p.alias_id
          FROM generate_series(1, 50) n, (SELECT alias_id FROM project_project LIMIT 1) p
    """)
    cr.execute("""
        INSERT INTO quality_incident (name, title, company_id, state, grade, round, occurred_at, discovered_at,
            reported_at, closed_at, reporter_id, currency_id, cause_category_id, project_id, responsible_department_id,
            estimated_loss, poor_quality_cost, deaths, serious_injuries, is_historic)
        SELECT 'B/' || n, 'Benchmark ' || n, 1,
            CASE WHEN n %% 33 = 0 THEN 'executing' ELSE 'closed' END,
            (array['minor', 'general', 'major'])[1 + n %% 3], 1,
            t.at, t.at, t.at, t.at + interval '20 days', 2, (SELECT currency_id FROM res_company WHERE id = 1),
            causes.ids[1 + floor(sqrt(n %% 97))::int %% cardinality(causes.ids)],
            projects.ids[1 + n %% cardinality(projects.ids)],
            departments.ids[1 + n %% cardinality(departments.ids)], n %% 9000, n %% 9000, 0, 0, false
          FROM generate_series(1, %(size)s) n
         CROSS JOIN LATERAL (SELECT now() at time zone 'utc' - n * interval '52 minutes' AS at) t
         CROSS JOIN (SELECT array_agg(id) ids FROM quality_cause_category) causes
         CROSS JOIN (SELECT array_agg(id) ids FROM project_project) projects
         CROSS JOIN (SELECT array_agg(id) ids FROM hr_department) departments
    """, {"size": SIZE})
    cr.execute("""
        INSERT INTO quality_rectification (name, subject, company_id, state, severity, source, round, plan_round,
            issuer_id, issued_at, project_id, recipient_department_id, repeat_count, is_historic)
        SELECT 'N/' || n, 'Benchmark ' || n, 1, CASE WHEN n %% 33 = 0 THEN 'executing' ELSE 'closed' END, 'normal',
            'external', 1, 1, 2, now() at time zone 'utc' - n * interval '52 minutes',
            projects.ids[1 + n %% cardinality(projects.ids)], departments.ids[1 + n %% cardinality(departments.ids)],
            CASE WHEN n %% 20 = 0 THEN 1 ELSE 0 END, false
          FROM generate_series(1, %(size)s) n
         CROSS JOIN (SELECT array_agg(id) ids FROM project_project) projects
         CROSS JOIN (SELECT array_agg(id) ids FROM hr_department) departments
    """, {"size": SIZE})
    cr.execute("""
        INSERT INTO quality_rectification_line (rectification_id, company_id, recipient_department_id, sequence, state,
            requirement, standard_clause, clause_key, repeat_count, is_historic)
        SELECT id, company_id, recipient_department_id, 10, 'passed', 'Benchmark', 'GB ' || id % 40, 'gb ' || id % 40,
            repeat_count, false
          FROM quality_rectification WHERE name LIKE 'N/%'
    """)
    cr.execute("""
        INSERT INTO quality_deadline (res_model, res_id, res_name, kind, key, name, company_id, user_id, start_at,
            due_at, counted_from, hours, consumed_hours, paused_hours, state, breached, level)
        SELECT 'quality.rectification', r.id, r.name, 'action', k::text, 'Benchmark', 1, 2, r.issued_at,
            r.issued_at + interval '90 days', r.issued_at, 2160, 0, 0,
            CASE WHEN r.state = 'closed' THEN 'met' ELSE 'running' END, false, 0
          FROM quality_rectification r, generate_series(1, 3) k WHERE r.name LIKE 'N/%'
    """)
    cr.execute("ANALYZE")


def measure(env):
    """Return the milliseconds of each turn, and the queries of one."""
    user = env.ref("quality_incident.demo_user_chief")
    times = []
    for _turn in range(TURNS + 1):
        env.invalidate_all()
        cockpit = env(user=user, context={"allowed_company_ids": [1], "tz": "Asia/Shanghai"})["quality.cockpit"]
        queries, start = env.cr.sql_log_count, time.perf_counter()
        cockpit.get_figures()
        times.append(1000 * (time.perf_counter() - start))
        queries = env.cr.sql_log_count - queries
    return times[1:], queries  # the first turn fills the caches of the registry


def main(env):
    """Fill the database, measure, print; nothing is kept."""
    fill(env.cr)
    times, queries = measure(env)
    print(f"cockpit at {SIZE} incidents: {min(times):.0f} / {statistics.median(times):.0f} / {max(times):.0f} ms "
          f"(min / median / max of {TURNS}), {queries} queries")
    env.cr.rollback()


main(env)  # noqa: F821 -- given by Odoo's shell
