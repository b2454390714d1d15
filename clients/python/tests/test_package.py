"""The built package."""

import inspect
import subprocess
import sys
import zipfile
from pathlib import Path

import orders_client

HERE = Path(__file__).parents[1]


def test_the_wheel_has_the_needed_files_and_no_others_and_works(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(HERE)]
    subprocess.run([*pip, *build], check=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    info = f"orders_client-{orders_client.__version__}.dist-info"
    assert {"orders_client/py.typed", f"{info}/licenses/LICENSE"} <= set(names)
    expected = {f"orders_client/{file.name}" for file in (HERE / "src/orders_client").iterdir() if file.is_file()}
    assert {name for name in names if not name.startswith(info)} == expected

    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import orders_client; print(orders_client.__file__)"
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(str(wheel))


def test_every_public_name_is_documented_and_exported() -> None:
    names = [name for name in vars(orders_client) if not name.startswith("_")]
    assert sorted(orders_client.__all__) == sorted([*names, "__version__"])
    for name in orders_client.__all__:
        value = getattr(orders_client, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            # A dataclass without a docstring gets its signature for one.
            assert value.__doc__ and not value.__doc__.startswith(f"{name}("), name
        for method, function in inspect.getmembers(value, inspect.isfunction) if inspect.isclass(value) else []:
            is_own = function.__module__.startswith("orders_client")
            assert method.startswith("_") or not is_own or function.__doc__, f"{name}.{method}"
