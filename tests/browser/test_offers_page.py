"""An offer is made, brought codes from a file, and warns before they run dry (S18)."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("visit", ["fr-light"], indirect=True)
def test_s18_an_offer_takes_codes_from_a_file_and_warns(visit: Visit) -> None:
    page = visit.open("/offers")
    page.get_by_role("button", name="Nouvelle offre").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nom").fill("Salon 2026")
    dialog.get_by_label("Stock bas").fill("3")
    assert visit.faults() == []
    dialog.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("button", name="Ajouter des codes à salon-2026").click()
    codes = FilePayload(name="codes.csv", mimeType="text/csv", buffer=b"Code;Fin\nONE;\nTWO;\n")
    dialog.locator("input[type=file]").set_input_files(codes)
    assert visit.faults() == []
    dialog.get_by_role("button", name="Ajouter des codes").click()
    dialog.get_by_text("Ajoutés").wait_for()
    dialog.get_by_role("button", name="Fermer").last.click()
    page.get_by_text("Il reste 2 codes libres à l’offre").wait_for()
    assert visit.faults() == []
