"""Predict, and commit: answer, then see the output and its text; or see all."""

PAGE = "book/05_training.html"
THEN = "article .then"
CHOICES = '<ul class="choices"><li>1</li><li><span class="right">2</span></li></ul>'


def answer_question(page, text):
    """Answer the page's first question."""
    form = page.locator("form.commit").first
    form.locator("input").fill(text)
    form.locator("input").press("Enter")
    return form


def offer_choices(route):
    """Send a page whose first question has a list of choices."""
    response = route.fetch()
    form = '<form class="commit"'
    body = response.text().replace(form, CHOICES + form, 1)
    route.fulfill(response=response, body=body)


def change_first_question(route):
    """Send a page whose first question is another one."""
    response = route.fetch()
    title = '<p class="admonition-title">Predict</p>'
    body = response.text()
    assert title in body
    route.fulfill(response=response, body=body.replace(title, title + "New. ", 1))


def test_an_answer_opens_the_output_and_its_explanation_and_stays(visit):
    with visit() as v:
        page = v.open(PAGE)
        then = page.locator(THEN).first
        output = page.locator("details.below-input").first
        assert not then.is_visible()
        form = answer_question(page, "1.70 and 2.83")
        assert then.is_visible()
        assert output.evaluate("d => d.open")
        assert "1.70 and 2.83" in form.inner_text()
        focused = page.evaluate("() => document.activeElement.innerText")
        assert focused.startswith("You said: 1.70 and 2.83"), "the focus is not lost"
        right = form.get_by_role("button", name="I was right")
        right.click()
        assert right.get_attribute("aria-pressed") == "true"
        assert "1 of this page’s 5" in page.locator(".tally").inner_text()
        assert "right in 1" in page.locator(".tally").inner_text()
        v.open(PAGE)
        assert "1.70 and 2.83" in page.locator("form.commit").first.inner_text()
        assert then.is_visible()
        assert page.locator(THEN).nth(1).is_hidden()
        assert v.faults == []


def test_an_empty_answer_is_none(visit):
    with visit() as v:
        page = v.open(PAGE)
        answer_question(page, "  ")
        assert not page.locator(THEN).first.is_visible()


def test_whoever_opens_the_output_sees_the_explanation(visit):
    with visit() as v:
        page = v.open(PAGE)
        page.locator("details.below-input > summary").first.click()
        page.locator(THEN).first.wait_for(state="visible")


def test_one_switch_shows_everything_on_every_page_and_asks_again(visit):
    with visit() as v:
        page = v.open(PAGE)
        page.get_by_role("button", name="Show everything").click()
        v.open("book/04_automatic_differentiation.html")
        assert all(part.is_visible() for part in page.locator(THEN).all())
        outputs = page.locator("details.below-input").all()
        assert all(output.evaluate("d => d.open") for output in outputs)
        page.get_by_role("button", name="Ask me first").click()
        v.open(PAGE)
        assert not page.locator(THEN).first.is_visible()
        assert v.faults == []


def test_a_link_into_an_explanation_opens_it(visit):
    with visit() as v:
        page = v.open(PAGE)
        page.evaluate("() => { document.querySelector('.then').id = 'there' }")
        page.evaluate("() => { location.hash = 'there' }")
        page.locator(THEN).first.wait_for(state="visible")


def test_choices_are_offered_and_judged(visit):
    with visit() as v:
        page = v.page
        page.route(f"**/{PAGE}", offer_choices)
        v.open(PAGE)
        form, listed = page.locator("form.commit").first, page.locator(".choices").first
        assert listed.is_hidden()
        form.get_by_role("button", name="2").click()
        assert listed.is_visible()
        assert "You said: 2. That is right." in form.inner_text()
        assert "right in 1" in page.locator(".tally").inner_text()


def test_a_text_can_be_the_answer(visit):
    with visit() as v:
        page = v.open("book/20_more_than_one_machine.html")
        box = page.locator("div.predict", has_text="A batch of 32 rows")
        answer = box.locator("xpath=following-sibling::*[1]")
        assert answer.is_hidden()
        box.get_by_role("button", name="Twice as fast").click()
        assert "That is not it." in box.inner_text()
        assert answer.is_visible()
        assert "times as fast" in answer.inner_text()


def test_without_a_script_and_on_paper_nothing_is_asked(visit, site):
    with visit(java_script_enabled=False) as v:
        v.page.goto(site + PAGE)
        assert all(part.is_visible() for part in v.page.locator(THEN).all())
        assert not any(f.is_visible() for f in v.page.locator("form.commit").all())
    with visit() as v:
        page = v.open(PAGE)
        page.emulate_media(media="print")
        assert all(part.is_visible() for part in page.locator(THEN).all())
        assert not any(form.is_visible() for form in page.locator("form.commit").all())


def test_an_answer_belongs_to_its_question_and_not_to_its_place(visit):
    with visit() as v:
        page = v.open(PAGE)
        answer_question(page, "1.70")
        page.route(f"**/{PAGE}", change_first_question)
        v.open(PAGE)
        assert "1.70" not in page.locator("form.commit").first.inner_text()
        assert page.locator(THEN).first.is_hidden()
        assert page.locator(".tally").inner_text() == ""


def test_the_answers_stay_in_the_browser(visit):
    with visit() as v:
        page, asked = v.open(PAGE), []
        page.wait_for_load_state("networkidle")
        page.on("request", lambda request: asked.append(request.url))
        answer_question(page, "1.70")
        page.get_by_role("button", name="I was right").click()
        page.wait_for_timeout(300)
        assert asked == []
        kept = page.evaluate("() => localStorage.getItem('ourdl-answers')")
        assert "1.70" in kept
