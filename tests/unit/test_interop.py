"""Batteries, operators and states of QuTiP and dynamiqs: their solvers find our energies, and there is a way back."""

import doctest

import jax
import numpy as np
import pytest
import qutip

import jaxqb as qb
from jaxqb.errors import FieldError
from jaxqb.interop import packages

TIMES = np.array([0.0, 0.4, 1.1, 2.6])
TIGHT = {"atol": 1e-11, "rtol": 1e-11, "nsteps": 100_000}
COUPLINGS = {"coupling": 0.7, "battery_frequency": 1.3, "charger_frequency": 0.8}
LIGHT = {"coupling": 0.5, "battery_frequency": 1.2, "cavity_frequency": 0.9}
DOWN = np.array([[0.0, 1.0], [0.0, 0.0]])


def random_open(seed: int) -> qb.OpenBattery:
    """A qutrit and a qubit with nothing conserved."""
    rng = np.random.default_rng(seed)
    draw = lambda n: rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))  # noqa: E731
    h, gap, start = draw(6), draw(3), draw(6)
    rho = start @ start.conj().T
    jumps = [draw(6) / 4, draw(6) / 4]
    return qb.OpenBattery(h + h.conj().T, jumps, [0.2, 0.3], gap + gap.conj().T, rho / np.trace(rho).real)


BATTERIES = {
    "open": random_open(1),
    "other": random_open(2),
    "spins": qb.SpinCharger(3, 4, anisotropy=0.4, ising=0.3, battery_crosstalk=0.2, charger_crosstalk=-0.1, **COUPLINGS),
    "few": qb.SpinCharger(5, 2, battery_excitations=1, charger_excitations=1, **COUPLINGS),
    "padded": qb.SpinCharger(2, 3, levels=6, charger_levels=7, **COUPLINGS),
    "populations": qb.SpinCharger(2, 3, charger_excitations=[0.1, 0.2, 0.3, 0.4], **COUPLINGS),
    "thermal": qb.SpinCharger(3, 3, battery_excitations=qb.thermal(0.8), charger_excitations=qb.thermal(2.1), **COUPLINGS),
    "coherent": qb.SpinCharger(2, 3, charger_excitations=qb.coherent(2.2), **COUPLINGS),
    "localised": qb.SpinCharger(4, 3, ising=0.4, battery_excitations=qb.localised(2), **COUPLINGS),
    "both": qb.SpinCharger(2, 2, battery_excitations=qb.coherent(0.6), charger_excitations=[0.1, 0.2, 0.7], **COUPLINGS),
    "light": qb.CavityCharger(3, 4, **LIGHT),
    "dicke": qb.CavityCharger(2, 1, counter_rotating=0.8, cutoff=24, **(LIGHT | {"coupling": 0.15})),
    "bright": qb.CavityCharger(2, qb.coherent(0.5), **LIGHT),
    "warm": qb.CavityCharger(2, qb.thermal(0.2), cutoff=17, **LIGHT),
    "dark": qb.DarkStateBattery(2, 4, decay_rate=0.3, thermal_occupation=0.2, frequency=1.3),
    "cold": qb.DarkStateBattery(3, 4, battery_excitations=qb.localised(1)),
    "hot": qb.DarkStateBattery(2, 3, battery_excitations=qb.thermal(0.6)),
    "chain": qb.SpinChain([1.0, 0.4, 0.7], [0.1, 0.2, 0.05], [0.3, 0.2], initial=[1.0, 0.5, 0.2]),
    "single": qb.SpinChain.dimer(3, 0.25, hopping=0.3, initial=qb.single_excitation([0.6, 0.0, 0.8j])),
    "together": qb.SpinChain.dimer(3, 0.25, hopping=0.3, collective_decay=0.2),
    "cavity": qb.in_cavity(qb.SpinChain.dimer(2, 0.5), coupling=0.3, frequency=0.8, loss=0.2),
}


def energies(battery):
    """By this package, exactly."""
    law = battery.exact() if isinstance(battery, qb.SpinChain | qb.DimerChain) else None
    return np.asarray(qb.evolve(battery, TIMES, law=law).saved["energy"])


@pytest.mark.peer
@pytest.mark.parametrize("name", BATTERIES)
def test_qutip_finds_our_energies_and_brings_the_battery_back(name):
    found = qb.to_qutip(battery := BATTERIES[name])
    run = qutip.mesolve(found.hamiltonian, found.initial, TIMES, found.jumps, e_ops=[found.battery_hamiltonian], options=TIGHT)
    ours = energies(battery)
    np.testing.assert_allclose(ours, run.expect[0], atol=1e-7)
    assert np.ptp(ours) > 1e-3  # something happens
    back = qb.from_qutip(*found)
    assert np.prod(found.hamiltonian.dims[0]) == found.hamiltonian.shape[0]
    np.testing.assert_allclose(energies(back), ours, atol=1e-9)


@pytest.mark.parametrize("name", ["open", "spins", "coherent", "dark", "chain"])
def test_dynamiqs_finds_our_energies_and_brings_the_battery_back(name):
    dq = pytest.importorskip("dynamiqs")
    found = qb.to_dynamiqs(battery := BATTERIES[name])
    how = {"exp_ops": [found.battery_hamiltonian], "method": dq.method.Tsit5(rtol=1e-10, atol=1e-10), "progress_meter": False}
    solve = dq.mesolve if found.jumps else dq.sesolve
    run = solve(found.hamiltonian, *([found.jumps] if found.jumps else []), found.initial, TIMES, **how)
    np.testing.assert_allclose(energies(battery), run.expects[0].real, atol=1e-7)
    np.testing.assert_allclose(energies(qb.from_dynamiqs(*found)), energies(battery), atol=1e-9)


def test_levels_begin_with_the_empty_one():
    """Those of qutip's spin operators begin with the full one; turned round, ours are the same."""
    found = qb.to_qutip(qb.SpinCharger(3, 2, coupling=0.7, anisotropy=0.3, charger_frequency=0.9))
    s, j = ({a: qutip.Qobj(qutip.jmat(k, a).full()[::-1, ::-1]) for a in "z+-"} for k in (1.5, 1.0))
    pair = qutip.tensor(s["+"], j["-"]) + 0.3 * qutip.tensor(s["+"], j["+"])
    free = qutip.tensor(s["z"] + 1.5, qutip.qeye(3)) + 0.9 * qutip.tensor(qutip.qeye(4), j["z"] + 1)
    assert (found.hamiltonian - free - 0.7 * (pair + pair.dag())).norm() < 1e-12
    assert found.hamiltonian.dims == [[4, 3], [4, 3]]
    assert (found.initial - qutip.tensor(qutip.basis(4, 0), qutip.basis(3, 2))).norm() < 1e-12
    assert (found.battery_hamiltonian - qutip.tensor(qutip.num(4), qutip.qeye(3))).norm() < 1e-12


def test_dimensions_tell_the_spins_of_a_chain():
    assert qb.to_qutip(BATTERIES["chain"]).hamiltonian.dims == [[2, 2, 2]] * 2
    assert qb.to_qutip(BATTERIES["cavity"]).hamiltonian.dims == [[2, 2, 3]] * 2


def test_operators_and_states():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    one = qb.to_qutip(matrix, dims=(2, 3))
    assert one.dims == [[2, 3], [2, 3]] and qutip.Qobj(matrix, dims=[[2, 3]] * 2) == one
    np.testing.assert_array_equal(qb.from_qutip(one), matrix)
    ket = qb.to_qutip([0.6, 0.8j])
    assert ket == 0.6 * qutip.basis(2, 0) + 0.8j * qutip.basis(2, 1) and qb.from_qutip(ket).shape == (2,)
    np.testing.assert_array_equal(qb.from_qutip(qutip.liouvillian(one)), qutip.liouvillian(one).full())

    lossy = BATTERIES["open"]
    rest = qb.steady_state(lossy)
    found = qb.to_qutip(lossy)
    assert (qutip.steadystate(found.hamiltonian, found.jumps) - qb.to_qutip(rest, dims=(3, 2))).norm() < 1e-9
    assert (qb.to_qutip(rest, dims=(3, 2)).ptrace(0) - qb.to_qutip(rest.battery())).norm() < 1e-12
    mixed = qb.steady_state(BATTERIES["cold"])
    assert qb.to_qutip(mixed.battery()).tr() == pytest.approx(1)
    with pytest.raises(FieldError, match=r"density matrix.*MixedJoint.*battery\(\)"):
        qb.to_qutip(mixed)


def two():
    """A system whose battery could be either of two qubits."""
    one, other = qutip.tensor(qutip.destroy(2), qutip.qeye(3)), qutip.tensor(qutip.qeye(2), qutip.destroy(3))
    swap = one.dag() * other + one * other.dag()
    return swap, one, other, qutip.tensor(qutip.basis(2, 0), qutip.basis(3, 1))


@pytest.mark.parametrize("rates", [None, [0.3]])
def test_the_battery_may_be_given_alone_or_in_the_whole(rates):
    swap, one, other, start = two()
    jump = other if rates else 0.3**0.5 * other
    both = [qb.from_qutip(swap, [jump], gap, start, rates) for gap in (qutip.num(2), one.dag() * one)]
    run = qutip.mesolve(swap, start, TIMES, [0.3**0.5 * other], e_ops=[one.dag() * one], options=TIGHT)
    for battery in both:
        np.testing.assert_allclose(energies(battery), run.expect[0], atol=1e-8)


def test_jumps_may_be_none_or_stand_alone():
    swap, one, other, start = two()
    gap = one.dag() * one
    closed = qutip.sesolve(swap, start, TIMES, e_ops=[gap], options=TIGHT).expect[0]
    for jumps in (None, [], ()):
        np.testing.assert_allclose(energies(qb.from_qutip(swap, jumps, gap, start)), closed, atol=1e-8)
    alone, listed = (qb.from_qutip(swap, jumps, gap, start, 0.3) for jumps in (other, [other]))
    np.testing.assert_array_equal(energies(alone), energies(listed))
    run = qutip.mesolve(swap, start, TIMES, [0.3**0.5 * other], e_ops=[gap], options=TIGHT)
    np.testing.assert_allclose(energies(alone), run.expect[0], atol=1e-8)
    with pytest.raises(FieldError, match="`jumps` must be a list of operators, but it is 3; fix"):
        qb.from_qutip(swap, 3, gap, start)
    with pytest.raises(FieldError, match=r"`jumps\[0\]` must be constant in time"):
        qb.from_qutip(swap, qutip.QobjEvo([[other, lambda t: np.cos(t)]]), gap, start)


def test_a_pure_start_is_a_ket():
    """Also where a battery keeps density matrices."""
    rng = np.random.default_rng(5)
    psi = rng.normal(size=4) + 1j * rng.normal(size=4)
    psi /= np.linalg.norm(psi)
    battery = qb.OpenBattery(np.kron(DOWN + DOWN.T, np.eye(2)), [], [], np.diag([0.0, 1.0]), psi)
    found = qb.to_qutip(battery).initial
    assert found.type == "ket" and abs(np.vdot(psi, found.full()[:, 0])) == pytest.approx(1, abs=1e-14)
    mixed = battery.replace(initial=(1 - 1e-9) * battery.initial + 1e-9 * np.eye(4) / 4)
    assert qb.to_qutip(mixed).initial.type == "oper"
    full = qb.to_qutip(qb.SpinChain.dimer(2, 0.25)).initial
    assert full.type == "ket" and (full - qutip.ket([1, 1])).norm() < 1e-14


def test_a_battery_that_is_not_first_is_refused_with_the_permutation_that_makes_it_so():
    swap, _, other, start = two()
    for gap in (other.dag() * other, qutip.num(3)):
        with pytest.raises(FieldError, match=r"first tensor factors.*permute\(\[1, 0\]\)"):
            qb.from_qutip(swap, [], gap, start)
    turned = qb.from_qutip(*(x.permute([1, 0]) if x else () for x in (swap, None, other.dag() * other, start)))
    run = qutip.sesolve(swap, start, TIMES, e_ops=[other.dag() * other], options=TIGHT)
    np.testing.assert_allclose(energies(turned), run.expect[0], atol=1e-8)


def test_what_is_no_constant_operator_is_refused():
    swap, one, other, start = two()
    gap = one.dag() * one
    moving = [other, lambda t: np.cos(t)]
    for words, *args in (
        ("`hamiltonian` must be constant in time", qutip.QobjEvo([swap, moving]), [], gap, start),
        ("`hamiltonian` must be constant in time", [swap, moving], [], gap, start),
        (r"`jumps\[1\]` must be constant in time", swap, [other, qutip.QobjEvo([moving])], gap, start),
        ("`hamiltonian` must be an operator.*superoperator", qutip.liouvillian(swap), [], gap, start),
        ("must be a qutip.Qobj.*ndarray.*OpenBattery", swap.full(), [], gap, start),
        (r"`jumps\[0\]` must act on the whole.*\[3\].*\[2, 3\]", swap, [qutip.destroy(3)], gap, start),
        ("`initial` must be given", swap, [], gap),
        ("`battery_hamiltonian` must be given", swap, [], None, start),
        (r"first tensor factors.*\[6\]", swap, [], qutip.num(6), start),
    ):
        with pytest.raises(FieldError, match=words):
            qb.from_qutip(*args)


def test_what_has_no_such_operators_is_refused():
    def refuse(words, what, **options):
        with pytest.raises(FieldError, match=words):
            qb.to_qutip(what, **options)

    refuse("without memory.*WaveguideBattery", qb.WaveguideBattery(frequency=0.6, separation=0.1, radiation_rate=0.5))
    refuse("at most 9 spins.*12", qb.SpinChain.dimer(12, 0.25))
    refuse("collective.*alone.*local_decay=0", qb.DarkStateBattery(2, 3, local_decay=0.1))
    refuse("integer.*2.5.*use 2", qb.SpinCharger(2, 2.5))
    refuse("at most 4096 levels.*10201", qb.SpinCharger(100, 100))
    refuse("mirrored.*no lowest level", qb.CavityCharger(4, 0, mirrored=True))
    refuse("one number", qb.SpinCharger([2, 3], 4))
    refuse("`dims` must multiply to 4", np.eye(4), dims=(2, 3))
    for dims in (4, "22", [[2, 2], [2, 2]], (2.5, 1.6), (-2, -2), [2, None]):
        refuse("`dims` must be the dimensions of tensor factors, but it is .*; fix: use e.g. dims=", np.eye(4), dims=dims)
    refuse("shape", np.zeros((2, 3)))
    refuse("left out", qb.SpinCharger(2, 3), dims=(3, 4))
    with pytest.raises(FieldError, match="known in `to_qutip`"):
        jax.jit(lambda g: qb.to_qutip(qb.SpinCharger(1, 1, coupling=g)) and g)(1.0)


def test_a_package_that_is_missing_is_said(monkeypatch):
    monkeypatch.setattr(packages.Dynamiqs, "name", "dynamiks")
    with pytest.raises(FieldError, match="run pip install dynamiks"):
        qb.to_dynamiqs(BATTERIES["few"])


def test_dynamiqs_operators():
    dq = pytest.importorskip("dynamiqs")
    x = qb.to_dynamiqs(np.diag([1.0, 2.0, 3.0, 4.0]), dims=(2, 2))
    assert x.dims == (2, 2) and qb.from_dynamiqs(x).tolist() == np.diag([1.0, 2.0, 3.0, 4.0]).tolist()
    gap, start = dq.number(2), dq.basis(2, 1)
    half = 0.5 * dq.destroy(2)
    told = [qb.from_dynamiqs(gap, jumps, gap, start) for jumps in (half, [half], dq.stack([half]))]
    assert all(len(battery.jumps) == 1 and energies(battery)[-1] == energies(told[0])[-1] for battery in told)
    assert len(qb.from_dynamiqs(gap, None, gap, start).jumps) == 0
    with pytest.raises(FieldError, match="`jumps` must be a list"):
        qb.from_dynamiqs(gap, 3, gap, start)
    for moving in (dq.modulated(jax.numpy.cos, gap), dq.timecallable(lambda t: t * gap)):
        with pytest.raises(FieldError, match="constant in time"):
            qb.from_dynamiqs(moving, [], gap, start)
    with pytest.raises(FieldError, match=r"must be a dynamiqs\.QArray"):
        qb.from_dynamiqs(np.eye(2), [], gap, start)


@pytest.mark.parametrize("name", ["to_dynamiqs", "from_dynamiqs"])
def test_examples_of_dynamiqs(name):
    """They are left out where it is not installed."""
    pytest.importorskip("dynamiqs")
    text = (getattr(qb, name).__doc__ or "").replace("# doctest: +SKIP", "")
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    done = doctest.DocTestRunner().run(test)
    assert done.attempted >= 2 and not done.failed


def test_a_sweep_as_a_data_frame():
    """A row for each point: fields that move together, an entry of a vector, a figure that is a vector, a status in words."""
    battery = qb.SpinCharger(2, 4)
    ds = qb.sweep("first_peak", battery, {("n_battery", "n_charger"): [(1, 1), (2, 4)], "coupling": [0.5, 1.0]})
    frame = ds.to_dataframe().reset_index()
    assert len(frame) == 4 and {"first_peak", "status", "n_battery", "n_charger"} <= set(frame.columns)
    row = frame.query("n_battery == 2 and coupling == 1.0").iloc[0]
    assert row.first_peak == pytest.approx(1.92, abs=1e-12) and row.n_charger == 4
    assert frame.status.map({int(s): s.name for s in qb.Status}).tolist() == ["OK"] * 4

    lossy = qb.OpenBattery(DOWN + DOWN.T, [DOWN], [0.2], DOWN.T @ DOWN, [1.0, 0.0])
    held = lambda battery: {"held": qb.evolve(battery, [1.0, 2.0]).saved["energy"]}  # noqa: E731
    frame = qb.sweep(held, lossy, {"rates[0]": [0.1, 0.2]}).to_dataframe()
    assert frame.shape[0] == 4 and frame.index.names == ["rates[0]", "held_0"]
    assert frame.held.to_numpy()[2:] == pytest.approx(qb.evolve(lossy, [1.0, 2.0]).saved["energy"])
