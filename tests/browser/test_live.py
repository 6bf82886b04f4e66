"""The Live tab in a real browser, with the real server and the real models."""

import itertools
import threading

import cv2
import pytest
from skimage import data

from tests.browser.conftest import COUNTER_BITS, COUNTER_PX, HEIGHT, WIDTH
from tests.frame.mjpeg_camera import MjpegCamera

LIVE = ".fm-live"
SEES_A_FACE = f'{LIVE}[data-link="open"][data-faces="1"]'

# Numbers of the frames on the screen, in the order they were drawn.
COUNTERS_JS = f"""
(wanted) => new Promise((done) => {{
  const canvas = document.querySelector(".fm-picture");
  const scale = Math.min(canvas.width / {WIDTH}, canvas.height / {HEIGHT});
  const left = (canvas.width - {WIDTH} * scale) / 2;
  const bottom = (canvas.height + {HEIGHT} * scale) / 2;
  const seen = [];
  const look = () => {{
    const pixels = canvas.getContext("2d").getImageData(0, bottom - {COUNTER_PX} * scale / 2,
      canvas.width, 1).data;
    let number = 0;
    for (let bit = 0; bit < {COUNTER_BITS}; bit++) {{
      const x = Math.round(left + (bit + 0.5) * {COUNTER_PX} * scale);
      number = 2 * number + (pixels[4 * x] > 128 ? 1 : 0);
    }}
    if (seen.at(-1) !== number) seen.push(number);
    if (seen.length < wanted) requestAnimationFrame(look);
    else done(seen);
  }};
  look();
}})
"""

# Pixels in the colour of happiness, as it is drawn on pictures.
TINTED_JS = """
() => {
  const canvas = document.querySelector(".fm-picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const far = Math.abs(data[i] - 245) + Math.abs(data[i + 1] - 192) + Math.abs(data[i + 2] - 74);
    if (far < 12) count++;
  }
  return count;
}
"""


def keep_unmirrored(page):
    page.add_init_script("localStorage.setItem('framemood-live', JSON.stringify({mirror: false}))")


def start(page):
    page.click("[data-do=start]")
    page.wait_for_selector(SEES_A_FACE)
    return page


def state(page, name):
    page.wait_for_selector(f'{LIVE}[data-state="{name}"]')


def all_ended(page):
    page.wait_for_function(
        "window.tracks.length > 0 && window.tracks.every((track) => track.readyState === 'ended')"
    )


def test_a_visitor_sees_boxes_an_emotion_and_moving_meters(server, visit):
    page = start(visit(server))
    page.wait_for_selector('.fm-face[data-open="true"] .fm-bar.fm-top[data-emotion="happiness"]')
    page.wait_for_function(f"({TINTED_JS})() > 300")
    read = "document.querySelector('[data-meter={}] .fm-value').textContent"
    page.wait_for_function(f"Number({read.format('quality')}) > 0")
    page.wait_for_function(f"Number({read.format('fps')}) > 0")
    page.wait_for_function(f"Number({read.format('memory')}) > 10")
    before = page.evaluate(read.format("latency"))
    page.wait_for_function(f"{read.format('latency')} !== '{before}'")
    page.wait_for_function("document.querySelector('[data-series=quality]').getAttribute('d') > ''")
    assert page.faults == []
    host = server.url
    assert [url for url in page.requested if not url.startswith((host, "data:", "blob:"))] == []


def test_frames_are_drawn_in_the_order_the_camera_took_them(server, visit):
    page = start(visit(server, before=keep_unmirrored))
    seen = page.evaluate(COUNTERS_JS, 25)
    steps = [(after - before) % 2**COUNTER_BITS for before, after in itertools.pairwise(seen)]
    # A step back would look like nearly a whole turn forward.
    assert all(0 < step < 2 ** (COUNTER_BITS - 1) for step in steps), seen


COUNT_FRAMES_JS = """
window.framesAsked = 0;
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (step) => (window.framesAsked++, ask(step));
"""


def test_a_page_that_nobody_uses_comes_to_rest(server, visit):
    page = visit(server, before=lambda page: page.add_init_script(COUNT_FRAMES_JS))
    page.wait_for_selector(f"{LIVE}[data-mounted]")
    # A whole second without a frame asked for, whatever the start still had to draw.
    rest = "() => { const n = window.framesAsked; window.framesAsked = 0; return n === 0; }"
    page.wait_for_function(rest, polling=1000)


def test_stop_ends_the_camera(server, visit):
    page = start(visit(server))
    page.click("[data-do=stop]")
    state(page, "idle")
    all_ended(page)
    assert page.locator(".fm-message-title").is_visible()


def test_another_tab_ends_the_camera_and_coming_back_may_start_it_again(server, visit):
    page = start(visit(server))
    page.get_by_role("tab").nth(1).click()
    all_ended(page)
    page.get_by_role("tab").nth(0).click()
    state(page, "hidden")
    start(page)


def test_a_hidden_page_ends_the_camera(server, visit):
    page = start(visit(server))
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { get: () => true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    all_ended(page)
    state(page, "hidden")


def test_a_camera_that_is_unplugged_is_said_to_be_and_may_come_back(server, visit):
    page = start(visit(server))
    # A track ends by itself only with its device, which no test can pull out.
    page.evaluate("window.tracks[0].dispatchEvent(new Event('ended'))")
    state(page, "unplugged")
    start(page)


def test_a_refused_camera_is_explained_and_the_sample_still_plays(server, visit):
    page = visit(server, allowed=False)
    page.click("[data-do=start]")
    state(page, "refused")
    assert "address bar" in page.inner_text(".fm-message-text")
    page.click("[data-do=sample]")
    page.wait_for_selector(SEES_A_FACE)


def test_a_computer_without_a_camera_is_told_so(server, visit):
    page = visit(
        server,
        before=lambda page: page.add_init_script(
            "navigator.mediaDevices.getUserMedia = async () => {"
            " throw new DOMException('none', 'NotFoundError'); }"
        ),
    )
    page.click("[data-do=start]")
    state(page, "none")


def test_two_visitors_see_only_their_own(server, visit):
    with_face = start(visit(server))
    with_wall = visit(server, camera="wall")
    with_wall.click("[data-do=start]")
    with_wall.wait_for_selector(f'{LIVE}[data-link="open"]')
    fps = "Number(document.querySelector('[data-meter=fps] .fm-value').textContent)"
    with_wall.wait_for_function(f"{fps} > 0")
    for page, faces in ((with_wall, "0"), (with_face, "1")):
        seen = page.evaluate(
            """() => new Promise((done) => {
              const live = document.querySelector(".fm-live");
              const seen = new Set([live.dataset.faces]);
              let left = 30;
              const look = () => {
                seen.add(live.dataset.faces);
                if (--left) requestAnimationFrame(look);
                else done([...seen]);
              };
              look();
            })"""
        )
        assert seen == [faces]


def test_a_server_that_goes_and_comes_back_is_said_and_joined_again(start_server, visit):
    server = start_server()
    page = start(visit(server))
    server.stop()
    page.wait_for_selector(f'{LIVE}[data-link="gone"]')
    assert "does not answer" in page.inner_text(".fm-banner")
    server.start()
    page.wait_for_selector(SEES_A_FACE)
    page.wait_for_selector(".fm-banner", state="hidden")


def test_who_finds_every_place_taken_is_told_and_let_in_when_one_is_free(start_server, visit):
    server = start_server(MAX_SESSIONS="1")
    first = start(visit(server))
    second = visit(server)
    second.click("[data-do=start]")
    second.wait_for_selector(f'{LIVE}[data-link="waiting"]')
    first.click("[data-do=stop]")
    second.wait_for_selector(SEES_A_FACE)


def test_without_websockets_the_page_goes_through_gradio(server, visit):
    page = visit(
        server,
        before=lambda page: page.route_web_socket("**/ws/analysis", lambda socket: socket.close()),
    )
    start(page)
    assert "No direct connection" in page.inner_text(".fm-banner")
    page.click("[data-do=stop]")
    all_ended(page)


def test_switches_take_effect_and_are_remembered(server, visit):
    page = start(visit(server))
    page.click("[data-do=settings]")
    page.locator("[data-set=faces]").uncheck()
    page.wait_for_selector(f'{LIVE}[data-faces="0"]')
    page.wait_for_function(f"({TINTED_JS})() < 100")
    page.locator("[data-set=threshold]").fill("1")
    page.wait_for_selector(f'{LIVE}[data-grade="poor"]')
    page.reload()
    page.wait_for_selector(f"{LIVE}[data-mounted]")
    assert page.locator("[data-set=faces]").is_checked() is False
    assert page.locator("[data-set=threshold]").input_value() == "1"


def test_pause_holds_the_picture_and_resume_goes_on(server, visit):
    page = start(visit(server))
    page.click("[data-do=pause]")
    state(page, "paused")
    picture = page.evaluate("document.querySelector('.fm-picture').toDataURL()")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.querySelector('.fm-picture').toDataURL()") == picture
    page.click("[data-do=pause]")
    state(page, "running")
    page.wait_for_function(
        "(before) => document.querySelector('.fm-picture').toDataURL() !== before", arg=picture
    )


def test_a_snapshot_is_a_picture_with_what_was_read(server, visit, tmp_path):
    page = start(visit(server))
    with page.expect_download() as download:
        page.click("[data-do=snapshot]")
    path = tmp_path / "snapshot.png"
    download.value.save_as(path)
    assert download.value.suggested_filename.endswith(".png")
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1366, 700)])
def test_the_live_tab_fits_a_laptop_without_scrolling(server, visit, width, height):
    page = visit(server)
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")
    start(page)
    page.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_phone_is_never_scrolled_sideways(server, visit):
    page = visit(server)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_the_language_is_the_browsers_until_one_is_chosen_and_then_stays(server, visit):
    page = visit(server, locale="ko-KR")
    assert page.inner_text("[data-do=start]").strip() == "카메라 시작"
    assert page.get_by_role("tab").first.inner_text().strip() == "실시간"
    page.click("[data-language=en]")
    page.wait_for_function("document.querySelector('[data-do=start]')?.innerText.includes('Start')")
    page.reload()
    page.wait_for_selector(f"{LIVE}[data-mounted]")
    assert page.inner_text("[data-do=start]").strip() == "Start camera"
    assert page.get_by_role("tab").first.inner_text().strip() == "Live"


def test_an_address_may_name_the_language(server, visit):
    page = visit(server, query="?lang=ko")
    assert page.inner_text("[data-do=start]").strip() == "카메라 시작"
    assert page.evaluate("document.documentElement.lang") == "ko"


def test_the_colours_follow_gradios_theme(server, visit):
    ground = "getComputedStyle(document.querySelector('.fm-meters')).backgroundColor"
    light = visit(server, query="?__theme=light", color_scheme="dark").evaluate(ground)
    dark = visit(server, query="?__theme=dark", color_scheme="light").evaluate(ground)
    system = visit(server, color_scheme="dark").evaluate(ground)
    assert light == "rgb(255, 255, 255)"
    assert dark == system != light


def test_the_keyboard_alone_starts_and_stops(server, visit):
    page = visit(server)
    page.locator("[data-do=start]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(SEES_A_FACE)
    page.locator("[data-do=stop]").focus()
    page.keyboard.press("Space")
    all_ended(page)


def test_a_network_camera_is_watched_by_its_address_and_its_loss_is_said(server, visit):
    person = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    page = visit(server)
    with MjpegCamera(lambda _: person, fps=10) as camera:
        page.click("[data-do=stream]")
        page.fill("[data-stream]", camera.url)
        page.click(".fm-stream [type=submit]")
        page.wait_for_selector(SEES_A_FACE)
    page.wait_for_selector(".fm-banner:not([hidden])")
    page.click("[data-do=stop]")
    state(page, "idle")


def test_a_picture_of_an_incident_is_kept_only_of_a_recording_that_asked_for_it(
    start_server, visit, tmp_path
):
    lit = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    is_dark = threading.Event()
    page = visit(start_server(RECORDS_DIR=str(tmp_path)))
    with MjpegCamera(lambda _: lit * (not is_dark.is_set()), fps=10) as camera:
        for asked in (False, True):
            is_dark.clear()
            page.click("[data-do=settings]")
            assert page.locator("[data-pictures]").is_disabled()
            page.locator("[data-record]").check()
            page.locator("[data-pictures]").set_checked(asked)
            page.keyboard.press("Escape")
            page.click("[data-do=stream]")
            page.fill("[data-stream]", camera.url)
            page.click(".fm-stream [type=submit]")
            page.wait_for_selector(SEES_A_FACE)
            said = "with pictures" if asked else "Recording"
            page.locator("[data-hud=recording]", has_text=said).wait_for()
            is_dark.set()
            page.locator(".fm-incident", has_text="black").wait_for()
            page.click("[data-do=stop]")
            state(page, "idle")
            assert bool(list(tmp_path.rglob("evidence-black-*.jpg"))) is asked
