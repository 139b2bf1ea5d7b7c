from tests.generation.conftest import ask, asker, reply

__all__ = ["ask", "asker", "reply"]
