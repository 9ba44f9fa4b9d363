"""Reservoirs whose modes all emitters share, against quadrature, and the exact embedding of damped modes."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
import scipy.linalg

from jaxqb import Adaptive
from jaxqb.algebra.expint import wave
from jaxqb.errors import FieldError
from jaxqb.laws.embedding import Embedding
from jaxqb.methods.method import Figures
from jaxqb.reservoirs.band_edge import BandEdge
from jaxqb.reservoirs.exponentials import Exponentials
from jaxqb.reservoirs.ohmic import Ohmic
from jaxqb.reservoirs.waveguide import Waveguide

jax.config.update("jax_enable_x64", True)

RANDOM = np.random.default_rng(4)
EXPONENTS = np.array([0.3, 1.0, 1.37, 6.0])[:, None]
THROUGH = (False, True)
SHAPES = ("exponential", "hard")

self_energy = jax.jit(lambda reservoir, z, through: reservoir.self_energy(z, through=through), static_argnums=2)
kernel = jax.jit(lambda reservoir, t: reservoir.kernel(t))
density = jax.jit(lambda reservoir, w: reservoir.density(w))
spread = jax.jit(wave)


def panels(octaves):
    """Gauss' rule on half octaves from 0 on: for what is a power there and turns a few times in each."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    edges = 2.0 ** (np.arange(-180, 2 * octaves + 1)[:, None] / 2)
    half = np.diff(edges, axis=0) / 2
    return (edges[:-1] + half * (nodes + 1)).ravel(), (half * weights).ravel()


FAR, FAR_WEIGHTS = panels(8)  # to 256
NEAR, NEAR_WEIGHTS = panels(0)  # to 1


def on_ray(f, angle):
    """int f(x) dx from 0 to infinity along exp(-i angle)."""
    turn = np.exp(-1j * angle)
    return np.sum(f(FAR * turn) * FAR_WEIGHTS, axis=-1) * turn


def by_corner(f, z, corner):
    """int f(x) / (x - z) dx from 0 to 1 by way of a corner, with z up to rounding near both ends."""
    z = z[..., None]
    first = np.sum(f(NEAR * corner) / (NEAR * corner - z) * NEAR_WEIGHTS, axis=-1) * corner
    back = NEAR * (corner - 1)
    return first - np.sum(f(1 + back) / ((1 - z) + back) * NEAR_WEIGHTS, axis=-1) * (corner - 1)


def sample():
    """Any size and angle; and on the cut and close to it, from both sides."""
    z = 10 ** RANDOM.uniform(-4, 2, 40) * np.exp(1j * RANDOM.uniform(-np.pi, np.pi, 40))
    near = 10 ** RANDOM.uniform(-4, 1.5, (4, 6))
    return np.concatenate([z, near[0], near[1] * (1 + 1e-12j), near[2] * (1 - 1e-12j), -near[3]])


def assert_close(got, true, rel=1e-13):
    got, true = np.broadcast_arrays(np.asarray(got), np.asarray(true))
    error = np.abs(got - true) / np.abs(true)
    assert np.max(error) < rel, (np.max(error), np.unravel_index(np.argmax(error), error.shape))


def test_self_energy_of_a_waveguide_keeps_its_digits_near_the_edge():
    way = 10 ** RANDOM.uniform(-13, 6, 400) * np.exp(1j * RANDOM.uniform(-np.pi, np.pi, 400))
    way = way[np.abs(way + 2) > 0.1]
    z = np.concatenate([1 + way, way[np.abs(way + 1) > 0.1]])  # at -1 its numerator and denominator vanish
    guide = Waveguide(2 * np.pi)
    for through in THROUGH:
        with mp.workdps(40):
            angles = [mp.acosh(mp.mpmathify(x)) for x in z.tolist()]
            if not through:
                angles = [-angle if angle.imag < 0 else angle for angle in angles]
            true = np.array([complex((mp.mpc(0, mp.pi) - angle) / mp.sinh(angle)) for angle in angles])
        for got in (guide.self_energy(z, through=through), self_energy(guide, jnp.asarray(z), through)):
            assert_close(got, true, 1e-14)


def test_ohmic_self_energy_is_the_integral_over_the_modes():
    z = sample()
    bath = Ohmic(0.3, 2.0, EXPONENTS)
    first, second = (self_energy(bath, z, through) for through in THROUGH)
    below, s, y = z.imag < 0, EXPONENTS[..., None], z[:, None] / 2
    modes = lambda angle: 0.6 * on_ray(lambda x: x**s * np.exp(-x) / (x - y), angle)  # noqa: E731
    under, over = modes(0.9), modes(-0.9)
    assert_close(first, np.where(below, over, under))
    # continued from above through the modes, as long as they can pass below z
    still = ~below | (np.angle(z) > -0.6)
    assert_close(second[:, still], under[:, still])
    left = z[below] / 2
    assert_close(second[:, below], first[:, below] + 2j * np.pi * 0.6 * left**EXPONENTS * np.exp(-left))


def test_hard_cutoff_is_the_integral_over_the_modes():
    ends = np.array([1 + 1e-4j, 1 - 1e-9, 1 - 1e-9j, 1 + 1e-12, 0.5 - 0.1j, 0.3 - 0.1j])
    z = np.concatenate([sample() / 10, ends])
    bath = Ohmic(0.3, 1.0, EXPONENTS, shape="hard")
    first, second = (self_energy(bath, z, through) for through in THROUGH)
    modes = lambda corner: 0.3 * by_corner(lambda x: x ** EXPONENTS[..., None], z, corner)  # noqa: E731
    under, over = modes(0.5 - 0.4j), modes(0.5 + 0.4j)
    below = z.imag < 0
    assert_close(first, np.where(below, over, under))
    assert_close(second[:, -2:], under[:, -2:])
    assert_close(second, first + 2j * np.pi * 0.3 * z**EXPONENTS * below)


@pytest.mark.parametrize("shape", SHAPES)
def test_ohmic_kernel_density_and_shift(shape):
    bath = Ohmic(0.3, 2.0, EXPONENTS, shape=shape)
    t, s = np.array([0.0, 1e-7, 0.3, 1.9, 2.1, 7.0, 30.0]), EXPONENTS[..., None]
    if shape == "exponential":
        moment = lambda power, turns: on_ray(lambda x: x**power * np.exp(-x - 1j * turns * x), 0.8)  # noqa: E731
    else:
        moment = lambda power, turns: np.sum(NEAR**power * np.exp(-1j * turns * NEAR) * NEAR_WEIGHTS, axis=-1)  # noqa: E731
    assert_close(kernel(bath, t), 0.3 * 4 * moment(s, 2 * t[:, None]), 1e-12)  # the last ones have turned often
    assert_close(bath.shift(), 0.3 * 2 * moment(s - 1, 0), 1e-7)  # 2^-90 to the power 0.3 is left out
    w = np.array([-1.0, 0.0, 0.5, 1.9, 2.1])
    inside = (w > 0) & ((w < 2.0) | (shape == "exponential"))
    plain = 0.6 * np.where(inside, np.abs(w) / 2, 0) ** EXPONENTS * np.exp(-w / 2 * (shape == "exponential"))
    assert np.asarray(density(bath, w)) == pytest.approx(plain, rel=1e-14)
    z = np.array([0.0, 0.5 - 0.2j])
    first, second = self_energy(bath, z, False), self_energy(bath, np.append(z, w[2:4]), True)
    assert_close(first[:, :1], bath.shift())
    assert_close(second[:, 1:2], first[:, 1:] + 2j * np.pi * density(bath, z[1:]))
    assert_close(second[:, 2:].imag, np.pi * plain[:, 2:4])  # the value from above is the principal value plus i pi J


def test_wave_over_its_whole_domain():
    phase = np.concatenate([[0.0], np.logspace(-8, 6, 29), [3.9, 4.0, 4.1]])
    for s in (0.05, 2.0, 8.0):
        true = [complex(mp.hyp1f1(s + 1, s + 2, -1j * x) / (s + 1)) for x in phase]
        assert_close(spread(phase, s), true, 1e-12 if s == 8 else 1e-13)


def test_band_edge():
    z = sample()
    band = BandEdge(0.7, 0.0)
    below = z.imag < 0

    def modes(angle):  # the tail beyond 2^40 of a sum over octaves, in v = sqrt(w)
        turn = np.exp(-0.5j * angle)
        nodes, weights = panels(60)
        y = z[:, None]
        return np.sum(2 * 0.7 / np.pi / ((nodes * turn) ** 2 - y) * weights, axis=-1) * turn

    under, over = modes(0.9), modes(-0.9)
    first, second = (self_energy(band, z, through) for through in THROUGH)
    assert_close(first, np.where(below, over, under))
    still = ~below | (np.angle(z) > -0.6)
    assert_close(second[still], under[still])
    assert_close(second, first + 2j * np.pi * density(band, z) * below)
    t = np.array([0.02, 0.4, 9.0])
    memory = on_ray(lambda v: 2 * 0.7 / np.pi * np.exp(-1j * v**2 * t[:, None]), 0.4)
    assert_close(kernel(band, t), memory)
    edged = BandEdge(0.7, 5.0)
    assert_close(kernel(edged, t), memory * np.exp(-5j * t))
    assert_close(self_energy(edged, 5 + z[:40], False), first[:40], 1e-10)  # 5 + z has lost digits
    assert np.asarray(density(edged, np.array([4.0, 5.0, 6.0]))) == pytest.approx([0.0, 0.0, 0.7 / np.pi])


def test_bound_state_at_the_band_edge():
    # John & Quang: an atom at the edge keeps (2/3)^2 of its excitation, at beta^(2/3) below it
    band = BandEdge(0.7, 5.0)
    energy = 5.0 - 0.7 ** (2 / 3)
    value, slope = jax.jit(jax.value_and_grad(lambda z: band.self_energy(z).real))(energy)
    assert float(value) == pytest.approx(5.0 - energy, rel=1e-14)
    assert 1 / (1 + float(slope)) == pytest.approx(2 / 3, rel=1e-13)


def test_damped_modes():
    weights, frequencies, widths = np.array([0.3, 0.0, 1.1]), np.array([1.0, 2.0, -0.5]), np.array([0.2, 0.1, 0.7])
    modes = Exponentials(weights, frequencies, widths)
    nodes, node_weights = panels(60)

    def over_modes(f, angle):  # of Lorentzians about their middles, with both arms bent down by an angle
        total = 0
        for weight, frequency, width in zip(weights, frequencies, widths, strict=True):
            for turn in (np.exp(-1j * angle), -np.exp(1j * angle)):
                y = nodes * turn
                peak = weight * width / np.pi / (y**2 + width**2)
                total = total + np.sum(peak * f(frequency + y) * node_weights, axis=-1) * turn * np.sign(turn.real)
        return total

    z = np.array([0.3 + 0.1j, 2.0 + 3j, -1.0 + 0.5j])
    assert_close(self_energy(modes, z, False), over_modes(lambda w: 1 / (w - z[:, None]), 0.0))
    assert_close(self_energy(modes, z, True), self_energy(modes, z, False), 1e-16)
    assert_close(self_energy(modes, z - 2j, True), self_energy(modes, z - 2j, False), 1e-16)
    t = np.array([0.1, 1.0, 2.5])
    assert_close(kernel(modes, t), over_modes(lambda w: np.exp(-1j * w * t[:, None]), 0.7))
    assert_close(density(modes, np.array([0.3, 2.0])), self_energy(modes, np.array([0.3, 2.0]), True).imag / np.pi)


def jacobian(f, at):
    """Of a real function, column by column; both modes of differentiation agree."""
    both = jax.jit(lambda at, way, weights: (jax.jvp(f, (at,), (way,))[1], jax.vjp(f, at)[1](weights)[0]))
    weights = RANDOM.normal(size=jax.eval_shape(f, at).shape)
    columns = []
    for way in np.eye(len(at)):
        column, back = map(np.asarray, both(at, way, weights))
        assert back @ way == pytest.approx(column @ weights, rel=1e-11)
        columns.append(column)
    return np.stack(columns, axis=1)


def test_derivatives():
    """By strength, cutoff, exponent and z."""
    z, t = np.array([0.7 - 0.2j, -0.5 + 0.1j, 3.0 + 0.0j]), 1.3
    values = np.array([0.3, 2.0, 1.2, 1.0])

    def parts(values):
        strength, cutoff, exponent, by = values
        bath = Ohmic(strength, cutoff, exponent)
        out = jnp.concatenate([bath.self_energy(z * by, through=True), bath.kernel(t)[None], bath.shift()[None]])
        return jnp.concatenate([out.real, out.imag])

    def true(strength, cutoff, exponent, by):
        def energy(y):
            integral = mp.gamma(exponent + 1) * mp.exp(exponent * mp.log(-y) - y) * mp.gammainc(-exponent, -y)
            return integral + (2j * mp.pi * mp.exp(exponent * mp.log(y) - y) if y.imag < 0 else 0)

        # on the cut, a little above it
        energies = [strength * cutoff * energy(mp.mpc(y.real, y.imag or mp.mpf(10) ** -35) * by / cutoff) for y in z]
        memory = strength * cutoff**2 * mp.gamma(exponent + 1) / (1 + 1j * cutoff * t) ** (exponent + 1)
        return [*energies, memory, strength * cutoff * mp.gamma(exponent)]

    with mp.workdps(50):
        for k, slope in enumerate(jacobian(parts, values).T):
            h = mp.mpf(10) ** -16 * (np.arange(4) == k)
            exact = np.array(
                [complex((a - b) / mp.mpf("2e-16")) for a, b in zip(true(*(values + h)), true(*(values - h)), strict=True)]
            )
            got = slope[:5] + 1j * slope[5:]
            assert got == pytest.approx(exact, rel=1e-12, abs=1e-14)


def test_derivatives_of_the_other_reservoirs():
    def parts(values):
        strength, other, re = values
        edge = BandEdge(strength, other)
        modes = Exponentials(jnp.stack([strength, other]), jnp.stack([other, re]), jnp.stack([strength, strength]))
        cut = Ohmic(strength, 2 + other, 1 + other, shape="hard")
        found = [r.self_energy(re - 0.3j, through=True) for r in (edge, modes, cut)] + [r.kernel(1.7) for r in (edge, modes, cut)]
        return jnp.stack([*map(jnp.real, found), *map(jnp.imag, found), cut.shift()])

    at, h = np.array([0.4, 0.2, 0.9]), 3e-4
    value = jax.jit(parts)
    for way, slope in zip(h * np.eye(3), jacobian(parts, at).T, strict=True):
        one, minus_one, two, minus_two = (np.asarray(value(at + k * way)) for k in (1, -1, 2, -2))
        assert slope == pytest.approx((8 * (one - minus_one) - (two - minus_two)) / (12 * h), rel=1e-8, abs=1e-8)


def test_shapes_and_maps():
    bath, modes = Ohmic(0.1, 3.0), Exponentials([1.0], [1.0], [1.0])
    z, x, s = np.linspace(-3, -1, 4) + 0.1j, np.ones((3, 1)), np.linspace(0.6, 2.0, 4)
    assert jax.eval_shape(bath.self_energy, z, x).shape == (3, 4)
    assert jax.eval_shape(bath.kernel, np.ones(4), x).shape == (3, 4)
    assert jax.eval_shape(bath.density, 0.3, x).shape == (3, 1)
    assert jax.eval_shape(modes.kernel, np.ones((2, 4)), np.ones(4)).shape == (2, 4)
    each = jax.jit(jax.vmap(lambda s, z: Ohmic(0.1, 3.0, s).self_energy(z)))(s, z)
    assert_close(each, [complex(self_energy(Ohmic(0.1, 3.0, s), y, False)) for s, y in zip(s, z, strict=True)], 1e-14)
    # an exponent that needs more nodes than were made ready
    assert np.isnan(jax.jit(lambda s: Ohmic(0.1, 3.0, s).self_energy(1j))(0.3))
    assert (bath.edge, bath.top, Ohmic(0.1, 3.0, shape="hard").top) == (0.0, np.inf, 3.0)
    assert float(Ohmic(0.1, 3.0, counter_term=False).shift()) == 0.0


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Ohmic(0.0, 1.0), "strength"),
        (lambda: Ohmic(-1.0, 1.0), "strength"),
        (lambda: Ohmic(np.nan, 1.0), "strength"),
        (lambda: Ohmic(1.0, 0.0), "cutoff"),
        (lambda: Ohmic(1.0, np.inf), "cutoff"),
        (lambda: Ohmic(1.0, 1.0, 0.0), "exponent"),
        (lambda: Ohmic(1.0, 1.0, 9.0), "exponent"),
        (lambda: Ohmic(1.0, 1.0, shape="soft"), "shape"),
        (lambda: Ohmic(1.0, 1.0, counter_term=1), "counter_term"),
        (lambda: Ohmic(1.0, 1.0, shape="hard", counter_term=False), "counter_term"),
        (lambda: BandEdge(0.0, 1.0), "strength"),
        (lambda: BandEdge(1.0, np.inf), "edge"),
        (lambda: Exponentials([1.0], [1.0], [0.0]), "widths"),
        (lambda: Exponentials([-1.0], [1.0], [1.0]), "weights"),
        (lambda: Exponentials([1.0, 2.0], [1.0], [1.0]), "frequencies"),
        (lambda: Exponentials(1.0, 1.0, 1.0), "weights"),
        (lambda: Exponentials([], [], []), "weights"),
        (lambda: Ohmic(1.0, 1.0).self_energy(0.5), "z"),
        (lambda: Ohmic(1.0, 1.0, shape="hard").self_energy(np.array([0.5, -1.0])), "z"),
        (lambda: BandEdge(1.0, 1.0).self_energy(1.5 + 0j), "z"),
    ],
)
def test_errors(make, name):
    with pytest.raises(FieldError, match=f"^`{name}` must .*; fix: "):
        make()


def test_what_lies_on_the_cut_is_the_value_from_above():
    for reservoir in (Ohmic(1.0, 1.0), Ohmic(1.0, 1.0, 0.5, shape="hard"), BandEdge(1.0, 0.1)):
        near = np.array([0.5, 0.5 + 1e-9j, 0.5 - 1e-9j, complex(0.5, -0.0)])
        value, *others = np.asarray(self_energy(reservoir, near, True))
        assert others == pytest.approx(3 * [value], rel=1e-8)
        assert value == pytest.approx(complex(np.asarray(self_energy(reservoir, near[1:3], False))[0]), rel=1e-8)
        assert value.imag > 0  # it decays


def jaynes_cummings(t, frequency, loss, weight, mode, width):
    """Amplitude of an emitter in a leaky cavity."""
    a, b = 1j * frequency + loss / 2, 1j * mode + width
    root = np.sqrt((a - b) ** 2 - 4 * weight + 0j)
    return np.exp(-(a + b) * t / 2) * (np.cosh(root * t / 2) + (b - a) / root * np.sinh(root * t / 2))


generator = jax.jit(lambda law: jax.jacfwd(lambda y: law.field(y.reshape(2, -1)).ravel())(law.start.ravel()))


def amplitudes(c):
    """A view that needs no state."""
    return c


def embedded(frequencies, losses, start, modes):
    return Embedding(jnp.array(frequencies), jnp.array(losses), jnp.array(start), modes, jax.tree_util.Partial(amplitudes))


def test_one_emitter_in_a_leaky_cavity():
    law = embedded([0.9], [0.07], [[1.0], [0.0]], Exponentials([0.25], [1.1], [0.3]))
    matrix, ts = np.asarray(generator(law)), np.array([0.0, 0.5, 3.0, 12.0])
    y = np.array([scipy.linalg.expm(matrix * t)[:, 0] for t in ts])  # from the first real part
    assert_close(y[:, 0] + 1j * y[:, 2], jaynes_cummings(ts, 0.9, 0.07, 0.25, 1.1, 0.3), 1e-12)


def test_two_emitters_in_a_leaky_cavity_by_diffrax():
    start, ts = np.array([[0.6, 0.3], [0.1, -0.2]]), np.array([0.5, 3.0, 12.0])
    law = embedded([0.9, 0.9], [0.07, 0.07], start, Exponentials([0.25], [1.1], [0.3]))
    figures = Figures({"c": lambda _, state: state}, {})
    solve = jax.jit(lambda law, ts: Adaptive(rtol=1e-12, atol=1e-12).prepare(law).values(figures, None, ts))
    saved, done = solve(law, ts)
    assert done
    bright = (start[0] + 1j * start[1]).sum() * jaynes_cummings(ts, 0.9, 0.07, 2 * 0.25, 1.1, 0.3)
    dark = (start[0] + 1j * start[1]) @ [1, -1] * np.exp(-(0.9j + 0.035) * ts)
    assert_close(saved["c"], np.stack([bright + dark, bright - dark], axis=1) / 2, 1e-9)


def test_embedding_knows_its_reservoir():
    """Its eigenvalues are zeros of the determinant with the self-energy; it is the integral equation; its bounds hold."""
    modes = Exponentials([0.3, 0.0, 0.8], [1.0, 2.0, -0.5], [0.2, 0.1, 0.7])
    law = embedded([0.9, 1.4], [0.1, 0.0], [[1.0, 0.0], [0.0, 0.5]], modes)
    matrix = np.asarray(generator(law))
    rates = np.linalg.eigvals(matrix)
    assert np.max(np.abs(rates)) <= law.radius()
    assert np.ptp(rates.imag[rates.imag < 0]) <= law.pace()
    z = 1j * rates[np.abs(np.abs(rates.imag) - 2.0) > 1e-6]  # of the mode without weight

    def determinant(z):
        alone = z[:, None] - law.frequencies + 0.5j * law.losses
        return np.prod(alone, axis=1) + alone.sum(axis=1) * np.asarray(self_energy(modes, z, True))

    # of the complex equation and of its conjugate
    assert np.all(np.minimum(np.abs(determinant(z)), np.abs(determinant(-np.conj(z)))) < 1e-12)
    # the integral equation at one time, with the past by Gauss' rule
    flow = lambda t: scipy.linalg.expm(matrix * t) @ np.asarray(law.start).ravel()  # noqa: E731
    emitters = lambda y: y[:2] + 1j * y[5:7]  # noqa: E731
    t, (nodes, weights) = 2.0, np.polynomial.legendre.leggauss(24)
    past = t / 2 * (nodes + 1)
    memory = np.sum(t / 2 * weights * np.asarray(kernel(modes, t - past)) * [np.sum(emitters(flow(u))) for u in past])
    own = np.array([0.9j + 0.05, 1.4j]) * emitters(flow(t))
    assert emitters(matrix @ flow(t)) == pytest.approx(-own - memory, rel=1e-11)
    assert np.asarray(law.state(jnp.asarray(flow(t).reshape(2, 5)))) == pytest.approx(emitters(flow(t)))
    assert bool(law.valid())


def test_derivative_by_a_distance_of_zero():
    """What travels and what decays with distance: their slopes at zero belong together."""
    guide = Waveguide(0.4)
    energy = lambda x: guide.self_energy(jnp.asarray(0.3 + 0.2j), x)  # noqa: E731
    slope = jax.jvp(energy, (0.0,), (1.0,))[1]
    assert abs(slope - jax.jvp(energy, (1e-9,), (1.0,))[1]) < 1e-7
    assert abs(slope - (energy(1e-6) - energy(0.0)) / 1e-6) < 1e-6
