"""`make test-docker`: builds the image, runs an installation in containers, hurts it, and looks inside."""

import os
import sys

import pytest

os.environ["COLLOQUY_DOCKER"] = "1"
chosen = sys.argv[1:] or ["tests/docker"]
sys.exit(pytest.main(["-v", "-x", "--timeout=900", "--durations=10", *chosen]))
