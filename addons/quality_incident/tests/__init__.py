from . import test_incident_flow
