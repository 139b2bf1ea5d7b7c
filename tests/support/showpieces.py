"""What is said on pictures: a little of everything that an answer may hold, and the longest of it."""

RICH = r"""## Why there are two tides a day

The Moon pulls on the near side of the Earth **a little more** than on its middle, and on the middle a little
more than on the far side. What remains is a *stretching* along the line to the Moon, which gives two bulges
of water.[^1]

- **Spring tides** come at new and full moon, when Sun and Moon pull in line.
- **Neap tides** come at the quarters:
  - the Sun works against the Moon,
  - so the range is smallest.
- Local basins decide the rest: the [Bay of Fundy](https://example.org/fundy) has 16 metres.

### The force

At a distance $d$ from a mass $M$, a body of radius $r$ feels a difference of

$$a_{\text{tide}} \approx \frac{2\,G\,M\,r}{d^{3}}$$

> The third power matters: the Sun is far heavier than the Moon, and yet its tide is less than half as high.

```python
from math import pow

G = 6.674e-11  # m³ kg⁻¹ s⁻²


def tide(mass: float, distance: float, radius: float = 6.371e6) -> float:
    '''The acceleration that stretches a planet, in m/s².'''
    return 2 * G * mass * radius / pow(distance, 3)


for name, mass, distance in (("Moon", 7.35e22, 3.84e8), ("Sun", 1.99e30, 1.496e11)):
    print(f"{name:>5}: {tide(mass, distance):.2e}")
```

| Body | Mass in kg | Distance in km | Tide in m/s² |
| --- | ---: | ---: | ---: |
| Moon | 7.35 × 10²² | 384,400 | 1.10 × 10⁻⁶ |
| Sun | 1.99 × 10³⁰ | 149,600,000 | 5.05 × 10⁻⁷ |
| Venus, at its nearest | 4.87 × 10²⁴ | 38,000,000 | 7.5 × 10⁻¹¹ |

#### To look at next

- [x] Why the far side bulges, too
- [x] Spring and neap
- [ ] Tidal locking, with `orbit.simulate()`

1. Begin with the *two-body* problem.
2. Add rotation:

   ```sh
   python -m tides --days 28 --place "Saint-Malo" --plot
   ```

3. Compare with a tide table.

---

That is the whole of it[^2]; everything else is geography.

[^1]: The far bulge is no mystery: there, the pull is *less* than in the middle.
[^2]: Nearly. The ocean has its own modes of swinging.
"""
WEEKS = """
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import User
from apps.chat.models import Conversation
titles = [
    "Names for a sailing boat", "Letter to the landlord", "Regex for postal codes", "A rainy Sunday",
    "Why bread needs salt", "Tests for the importer", "Swedish verbs, week three", "A toast for Anna and Tom",
    "Moving to another city", "What to plant in March", "Reading list: the Baltic", "Cheaper trains to Lyon",
    "Interview questions", "Budget for the new kitchen", "How vaccines are tested", "Sorting photographs",
]
owner, now, step = User.objects.get(email="{email}"), timezone.now(), timedelta(hours=19)
Conversation.objects.bulk_create(
    Conversation(owner=owner, title=title, model_name="demo", updated_at=now - (n + 1) * step)
    for n, title in enumerate(titles)
)
"""
TITLES = (
    "Sourdough that rises in a cold kitchen",
    "مقدمة في الشعر العربي الحديث",
    "A very long title that goes on and on about the care of houseplants in winter",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik",
    "Grouping dates by week",
    "מדריך לטיולים בגליל",
)
EXTREMES = (
    "ما هي أطول كلمة؟ "
    + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
    """## מהי המילה הארוכה ביותר?

זו תשובה בעברית, עם **הדגשה** ועם מילה *English* באמצע המשפט. היא נמשכת מעבר לקצה השורה כדי לראות את הכיוון.

- פריט ראשון
- פריט שני עם `code`

> اقتباس بالعربية يجب أن يبدأ من اليمين.

An English paragraph follows, which begins on the left and holds """
    + "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3
    + """.

| Column with a very long heading indeed | Second | """
    + "W" * 40
    + """ | Fourth |
| --- | --- | --- | --- |
| a cell with so much text that it has to wrap somewhere, and goes on for a second line at least | 2 | 3 | 4 |

```text
"""
    + "0123456789" * 20
    + """
```

$$\\sum_{k=1}^{n} k = 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 15 + 16 + \\dots + n$$

1. First
10. Tenth

""",
    "ما هي أطول كلمة في العالم، وكيف تُكتب بالألمانية والعبرية والعربية معًا؟",
)
