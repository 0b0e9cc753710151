from . import quality_feedback
from . import quality_feedback_score
