"""With what a run was made."""

from core.records.provenance import model_facts
from core.settings import Settings


def test_a_record_names_the_weights_that_emotions_are_read_with(monkeypatch, tmp_path):
    chosen = tmp_path / "chosen.onnx"
    chosen.write_bytes(b"weights")
    monkeypatch.setattr(
        "models.registry.resolve", lambda name, _: {"emotion-ferplus-8": chosen}[name]
    )
    settings = Settings(emotion_model="emotion-ferplus-8")
    assert model_facts(settings, None, emotion=True)["emotion"]["name"] == "chosen.onnx"
    assert "emotion" not in model_facts(settings, None, emotion=False)
