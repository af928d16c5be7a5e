// Pointing at the timeline and at the transcript, and the keys.

const nearest = (items, x, of, reach) => {
  let best = null, least = reach
  for (const item of items) {
    const away = Math.abs(of(item) - x)
    if (away < least) [best, least] = [item, away]
  }
  return best
}

const inRow = (row, y, slack = 4) => row && y >= row.y - slack && y <= row.y + row.h + slack

// What is under the pointer: the turn to go to, and what to say about it.
const pointed = (room, x, y) => {
  const { body, plan, scale } = room, value = scale.value(x), order = body.basis === "order"
  const lines = []
  let turn = order ? within(room, Math.round(value)) : null
  if (inRow(plan.marks, y)) {
    const mark = nearest(body.marks, x, (each) => scale.x(each[0]), 9)
    if (mark) return { value: mark[0], turn: turnAt(body, mark[0]), lines: [`${clock(mark[0])} · ${mark[2]}`] }
  }
  if (inRow(plan.mood, y)) {
    turn = nearest(body.moodTurns, x, (n) => scale.x(body.begin[n]), 24) ?? turn
    const mood = turn === null ? null : moodOf(body, turn)
    if (mood) lines.push(`Mood ${mood.word}${mood.unsure ? ", unsure" : ""}, ${mood.score.toFixed(2)}`)
  } else if (inRow(plan.waits, y)) {
    const wait = nearest(body.counted, x, (each) => scale.x(each[1] + each[2]), 24)
    if (wait) {
      turn = wait[0]
      lines.push(`Answered in ${wait[2].toFixed(1)} s${wait[2] > body.slow ? ", slow" : ""}`)
    }
  } else if (!order) {
    const cut = nearest(body.breaks, x, (each) => scale.x(each[0]), 6)
    const side = inRow(plan.user, y) ? "user" : "assistant"
    const span = body.spans[side].find(([a, b]) => scale.x(a) - 3 <= x && x <= scale.x(b) + 3)
    if (cut) [turn] = [cut[2]], lines.push(`${clock(cut[0])} · interrupted by the ${cut[1]}`)
    else if (span) {
      turn = span[2] >= 0 ? span[2] : null
      lines.push(`${clock(span[0])} · ${(span[1] - span[0]).toFixed(1)} s`)
    } else {
      const gap = body.silences.find(([a, b]) => a <= value && value <= b)
      if (gap) lines.push(`Silence of ${(gap[1] - gap[0]).toFixed(1)} s from ${clock(gap[0])}`)
    }
  }
  turn ??= turnAt(body, value)
  return { value, turn, lines }
}

const hover = (room, event) => {
  const box = room.plot.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top
  if (!room.body.count && !room.body.marks.length) return
  const { turn, lines } = pointed(room, x, y)
  near(room, turn)
  room.tip.replaceChildren()
  if (turn !== null) {
    const said = spoken(room, turn)
    room.tip.append(make("b", "", said.head))
    if (said.text) room.tip.append(make("span", "", said.text))
  }
  for (const each of lines) room.tip.append(make("div", "", each))
  room.tip.hidden = false
  const wide = room.tip.offsetWidth, left = Math.min(Math.max(x - wide / 2, 0), box.width - wide)
  room.tip.style.left = `${left}px`
  room.tip.style.top = y > room.plan.height / 2 ? `${y - room.tip.offsetHeight - 14}px` : `${y + 18}px`
}

// Hovering or focusing on one side shows on the other; nothing moves.
const near = (room, n) => {
  if (room.near === n) return
  rowAt(room, room.near)?.classList.remove("near")
  room.near = n
  rowAt(room, n)?.classList.add("near")
  overlay(room)
}

const listen = (room) => {
  const { plot, list, zoom, back, tip } = room
  let held = null
  plot.onpointerdown = (event) => (held = { x: event.clientX, view: room.view, moved: false })
  plot.onpointermove = (event) => {
    if (held && event.buttons && Math.abs(event.clientX - held.x) > 4) {
      const [from, to] = whole(room.body), length = held.view[1] - held.view[0]
      if (length < (to - from) * 0.999) {
        if (!held.moved) plot.setPointerCapture(event.pointerId)
        held.moved = true
        const start = Math.min(Math.max(held.view[0] - (event.clientX - held.x) / room.scale.unit, from), to - length)
        room.view = [start, start + length]
        plot.classList.add("dragging")
        return redraw(room)
      }
    }
    hover(room, event)
  }
  plot.onpointerleave = () => {
    tip.hidden = true
    near(room, null)
  }
  plot.onclick = (event) => {
    plot.classList.remove("dragging")
    if (held?.moved) return (held = null)
    const box = plot.getBoundingClientRect(), { turn, value } = pointed(room, event.clientX - box.left, event.clientY - box.top)
    go(room, turn, value)
  }
  plot.onwheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    zoomTo(room, event.deltaY < 0 ? 1.5 : 1 / 1.5, room.scale.value(event.clientX - plot.getBoundingClientRect().left))
  }
  plot.onkeydown = (event) => keyed(room, event, false)
  zoom.onclick = (event) => event.target.dataset.zoom && zoomTo(room, Number(event.target.dataset.zoom))
  list.onkeydown = (event) => keyed(room, event, true)
  const turnOf = (event) => {
    const row = event.target.closest?.(".turn")
    return row ? Number(row.dataset.n) : null
  }
  list.onclick = (event) => {
    const n = turnOf(event)
    if (n === null || event.ctrlKey || event.metaKey || event.shiftKey) return
    if (event.target.closest(".copy")) return void copy(room, n)
    event.preventDefault()
    if (String(getSelection()).trim() && !event.target.closest(".at")) return
    select(room, n, { scroll: false })
  }
  list.onpointerover = (event) => near(room, turnOf(event))
  list.onpointerleave = () => near(room, null)
  list.addEventListener("focusin", (event) => near(room, turnOf(event)))
  let waiting = false
  list.onscroll = () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      overlay(room)
      ask(room)
    })
  }
  back.onclick = () => {
    const n = room.past.pop()
    select(room, n)
  }
  room.sizes = new ResizeObserver(() => room.plot.clientWidth !== room.plan?.width && redraw(room))
  room.sizes.observe(plot)
}

const go = (room, turn, at) => {
  if (turn === null && at !== null) turn = turnAt(room.body, at)
  if (turn !== null) select(room, turn, { back: true })
}
