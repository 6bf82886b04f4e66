"""Gradio's own components in the colours of the page.

The colours themselves are roles in ``static/styles.css``; here Gradio's variables
are only pointed at them, so light and dark have one source.
"""

from __future__ import annotations

from typing import Final

import gradio as gr

# Named, never fetched: a page that analyses faces asks no other host for anything.
FONTS: Final = ("Inter", "Pretendard", "Noto Sans KR", "system-ui", "sans-serif")
MONO_FONTS: Final = ("ui-monospace", "SFMono-Regular", "Menlo", "monospace")

_ROLES: Final = {
    "body_background_fill": "var(--fm-ground)",
    "body_text_color": "var(--fm-ink)",
    "body_text_color_subdued": "var(--fm-soft)",
    "background_fill_primary": "var(--fm-card)",
    "background_fill_secondary": "var(--fm-ground)",
    "border_color_primary": "var(--fm-line)",
    "border_color_accent": "var(--fm-accent)",
    "color_accent": "var(--fm-accent)",
    "color_accent_soft": "var(--fm-accent-soft)",
    "link_text_color": "var(--fm-accent)",
    "block_background_fill": "var(--fm-card)",
    "block_border_color": "var(--fm-line)",
    "block_label_background_fill": "var(--fm-card)",
    "block_label_text_color": "var(--fm-soft)",
    "block_title_text_color": "var(--fm-soft)",
    "block_info_text_color": "var(--fm-soft)",
    "panel_background_fill": "var(--fm-card)",
    "panel_border_color": "var(--fm-line)",
    "input_background_fill": "var(--fm-card)",
    "input_border_color": "var(--fm-line)",
    "input_border_color_focus": "var(--fm-accent)",
    "input_placeholder_color": "var(--fm-soft)",
    "checkbox_background_color": "var(--fm-card)",
    "checkbox_background_color_selected": "var(--fm-accent)",
    "checkbox_border_color": "var(--fm-soft)",
    "checkbox_border_color_selected": "var(--fm-accent)",
    "checkbox_label_background_fill": "var(--fm-card)",
    "checkbox_label_border_color": "var(--fm-line)",
    "slider_color": "var(--fm-accent)",
    "button_primary_background_fill": "var(--fm-accent)",
    "button_primary_background_fill_hover": "var(--fm-accent-strong)",
    "button_primary_text_color": "var(--fm-on-accent)",
    "button_primary_border_color": "var(--fm-accent)",
    "button_secondary_background_fill": "var(--fm-card)",
    "button_secondary_background_fill_hover": "var(--fm-hover)",
    "button_secondary_text_color": "var(--fm-ink)",
    "button_secondary_border_color": "var(--fm-line)",
    "button_cancel_background_fill": "var(--fm-card)",
    "button_cancel_text_color": "var(--fm-poor)",
    "table_even_background_fill": "var(--fm-card)",
    "table_odd_background_fill": "var(--fm-card)",
    "table_border_color": "var(--fm-line)",
    "table_text_color": "var(--fm-ink)",
    "error_text_color": "var(--fm-poor)",
    "error_border_color": "var(--fm-poor)",
    "error_background_fill": "var(--fm-card)",
    "stat_background_fill": "var(--fm-accent)",
}


def theme() -> gr.themes.Base:
    """Build the theme of the page."""
    base = gr.themes.Base(font=FONTS, font_mono=MONO_FONTS)
    # Gradio wants a value for dark as well; the roles switch by themselves.
    with_dark = {
        f"{name}_dark": role for name, role in _ROLES.items() if hasattr(base, f"{name}_dark")
    }
    return base.set(
        **_ROLES,
        **with_dark,
        block_radius="12px",
        container_radius="12px",
        input_radius="8px",
        block_shadow="none",
        block_border_width="1px",
        button_large_radius="8px",
        button_medium_radius="8px",
        button_small_radius="8px",
        button_primary_shadow="none",
        button_secondary_shadow="none",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px var(--fm-accent-soft)",
        layout_gap="16px",
    )
