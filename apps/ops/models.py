"""What the servers leave for each other to see."""

from django.db import models


class Beat(models.Model):
    """When something that goes on by itself last did."""

    name = models.CharField(primary_key=True, max_length=32)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
