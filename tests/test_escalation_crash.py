"""The escalation job is killed for real, and run twice at once: every reminder exists exactly once."""

import os
import signal
import subprocess

import pytest

from devtools import databases

#: (level, rows in the log, activities) of a promise
DONE, OPEN = (1, 1, 1), (0, 0, 0)

SEED = """
env["quality.escalation.rule"].search([]).unlink()
env["quality.escalation.rule"].create({
    "name": "Due", "company_id": env.company.id, "target": "user", "user_id": env.ref("base.user_admin").id,
    "channel": "both",
})
incident = env["quality.incident"].create({"title": "Crash"})
for number in range(12):
    incident._start_deadline("other", hours=1, start_at=datetime.datetime(2020, 1, 1, number), key=f"crash-{number}")
env.cr.commit()
"""

RUN = """
env["quality.escalation"]._cron_escalate(batch_size=5)
"""

#: waits where everything of the second batch has been written and nothing of it committed, until a file appears
RUN_AND_STOP_IN_THE_MIDDLE = """
import os, time
from unittest.mock import patch

Escalation, batches = env.registry["quality.escalation"], []
original = Escalation._notify

def notify(self, notices, documents):
    original(self, notices, documents)
    self.env.flush_all()
    batches.append(len(notices))
    if len(batches) == 2:
        print("IN THE MIDDLE", flush=True)
        while not os.path.exists({go_on!r}):
            time.sleep(0.05)

with patch.object(Escalation, "_notify", notify):
    env["quality.escalation"]._cron_escalate(batch_size=5)
"""


@pytest.fixture
def seeded(odoo):
    """Return the name of a database with twelve promises that are overdue, and one rule to escalate them."""
    with databases.scratch(odoo, databases.with_addons(odoo, demo=True)) as database:
        _finish(_shell(odoo, database, SEED))
        yield database


def _shell(odoo, database, script):
    """Start a script in Odoo's shell and return its process."""
    process = subprocess.Popen(
        odoo.command("-d", database, "--no-http", "--log-level=warn", subcommand=("shell",)), env=odoo.environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )
    odoo.processes.append(process)
    process.stdin.write("import datetime\n" + script)
    process.stdin.close()
    return process


def _finish(process):
    output = process.stdout.read()
    assert process.wait(300) == 0, output
    assert "Traceback" not in output, output


def _written(odoo, database):
    """Return for each promise, in order: its level, and how many log rows, activities and mails it has."""
    rows = odoo.server.sql(
        """
        SELECT d.level,
               (SELECT count(*) FROM quality_escalation e WHERE e.deadline_id = d.id),
               (SELECT count(*) FROM mail_activity a WHERE a.quality_deadline_id = d.id)
          FROM quality_deadline d WHERE d.key LIKE 'crash-%' ORDER BY d.due_at
        """, database)
    [[mails]] = odoo.server.sql(
        """
        SELECT count(*) FROM mail_mail m JOIN mail_message g ON g.id = m.mail_message_id
         WHERE g.model = 'quality.incident' AND g.res_id = (SELECT id FROM quality_incident WHERE title = 'Crash')
        """, database)
    return [tuple(map(int, row)) for row in rows], int(mails)


def _in_the_middle(odoo, database, go_on):
    """Return a job that waits in the middle of its second batch until the file ``go_on`` exists."""
    process = _shell(odoo, database, RUN_AND_STOP_IN_THE_MIDDLE.format(go_on=str(go_on)))
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "IN THE MIDDLE" in line:
            return process
    raise AssertionError("the job ended before its second batch:\n" + "".join(lines))


def test_a_killed_job_loses_and_repeats_nothing(odoo, seeded, tmp_path):
    """F2: SIGKILL between writing and committing a batch; what was committed stays, the next run does the rest."""
    process = _in_the_middle(odoo, seeded, tmp_path / "never")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert _written(odoo, seeded) == ([DONE] * 5 + [OPEN] * 7, 5)

    for _again in range(2):
        _finish(_shell(odoo, seeded, RUN))
        assert _written(odoo, seeded) == ([DONE] * 12, 12)


def test_two_jobs_at_once_share_the_work(odoo, seeded, tmp_path):
    """F2: a second job leaves alone what the first one holds; together they take every step once."""
    first = _in_the_middle(odoo, seeded, tmp_path / "go on")
    _finish(_shell(odoo, seeded, RUN))
    assert _written(odoo, seeded) == ([DONE] * 5 + [OPEN] * 5 + [DONE] * 2, 7)

    (tmp_path / "go on").touch()
    _finish(first)
    assert _written(odoo, seeded) == ([DONE] * 12, 12)
