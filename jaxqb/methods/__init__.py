"""Methods: how a law is solved. `method.prepare(law)` makes a flow, once; a flow answers at times."""

from .adaptive import Adaptive as Adaptive
from .chebyshev import Chebyshev as Chebyshev
from .closed_form import ClosedForm as ClosedForm
from .eigen import Eigen as Eigen
from .exponential import Exponential as Exponential
from .jumps import Jumps as Jumps
from .method import AbstractFlow as AbstractFlow
from .method import AbstractMethod as AbstractMethod
from .method import AbstractPlanned as AbstractPlanned
from .method import Figures as Figures
from .resolvent import Resolvent as Resolvent
from .select import select_method as select_method
from .stepped import Stepped as Stepped
from .uniformization import Uniformization as Uniformization
from .volterra import Volterra as Volterra
