from . import quality_acceptance_sign
