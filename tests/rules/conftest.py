"""Make the cases of these tests (`duty_cases`, `duty_records`) importable from each of them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
