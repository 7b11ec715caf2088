"""What the guide's pages have generated, a function for each table: its Markdown, from the code and from committed run data."""

from guide.generate.concepts import concepts as concepts
from guide.generate.concepts import concepts_count as concepts_count
from guide.generate.contract import contract as contract
from guide.generate.costs import costs as costs
from guide.generate.experiments import experiments as experiments
from guide.generate.experiments import tried as tried
from guide.generate.grid import grid as grid
from guide.generate.pairs import pairs as pairs
from guide.generate.phases import phases as phases
from guide.generate.phases import shown as shown
from guide.generate.phases import traced as traced
from guide.generate.profile import profile as profile
from guide.generate.rules import recognised as recognised
from guide.generate.rules import refusals as refusals
from guide.generate.rules import rules as rules
