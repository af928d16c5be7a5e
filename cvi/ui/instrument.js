// Locks the timeline, the transcript, the moments and the player to one another, in the browser.
const rooms = new WeakMap()

const read = (data) => (data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data)

// What is looked up often, once for each conversation.
const indexed = (body) => {
  const { turns } = body, count = turns.role.length, begin = new Array(count), first = new Map()
  for (const side of ["user", "assistant"]) for (const [start, , n] of body.spans[side]) if (n >= 0 && !first.has(n)) first.set(n, start)
  let last = 0
  for (let n = 0; n < count; n++) begin[n] = last = body.basis === "order" ? n : first.get(n) ?? turns.at[n] ?? last
  const order = [...begin.keys()].sort((a, b) => begin[a] - begin[b] || a - b)
  Object.assign(body, { count, begin, order, cutTurns: new Set(body.breaks.length ? body.breaks.map((each) => each[2]) : turns.cut) })
  body.counted = body.waits.filter((each) => each[3])
  body.waitOf = new Map(body.counted.filter((each) => each[0] !== null).map(([n, , wait]) => [n, wait]))
  body.moodTurns = order.filter((n) => turns.role[n] === "u" && turns.mood[n] !== null)
  body.marksOf = new Map()
  for (const mark of body.marks) {
    const n = turnAt(body, mark[0])
    if (n !== null) body.marksOf.set(n, [...(body.marksOf.get(n) ?? []), mark])
  }
  return body
}

// The last turn that had begun by then; the first one before all.
const turnAt = (body, value) => {
  if (!body.count) return null
  let low = 0, high = body.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (body.begin[body.order[middle]] <= value + 1e-6) low = middle + 1
    else high = middle
  }
  return body.order[Math.max(low - 1, 0)]
}

const whole = (body) => (body.basis === "order" ? [-0.7, body.count - 0.3] : [-body.last * 0.006, body.last * 1.006])
const within = (room, n) => Math.min(Math.max(n, 0), room.body.count - 1)
const partOf = (room, n) => room.body.parts.findLastIndex((start) => start <= n)

const linkTo = (room, n) => {
  const url = new URL(location.href)
  url.search = new URLSearchParams({ id: room.body.id, turn: n }).toString().replaceAll("+", "%20")
  url.hash = ""
  return url.href
}

const remember = (n) => {
  const url = new URL(location.href)
  if (n === null) url.searchParams.delete("turn")
  else url.searchParams.set("turn", n)
  if (url.href !== location.href) history.replaceState(history.state, "", url)
}

// --- the transcript ---------------------------------------------------------------------------

const rowAt = (room, n) => room.list.children[n]
const offsetOf = (room, row) => row.offsetTop - room.list.clientTop

const visible = (room) => {
  const rows = room.list.children, top = room.list.scrollTop, bottom = top + room.list.clientHeight
  let low = 0, high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle].offsetTop + rows[middle].offsetHeight <= top + 2) low = middle + 1
    else high = middle
  }
  let last = low
  while (last + 1 < rows.length && rows[last + 1].offsetTop < bottom - 2) last++
  return rows.length ? [low, last] : null
}

// What of the list can be seen: from and to, as distances from its upper edge.
const slice = (room) => {
  const box = room.list.getBoundingClientRect(), stuck = getComputedStyle(room.top).position === "sticky"
  const from = Math.max(stuck ? room.top.getBoundingClientRect().bottom - box.top : 0, -box.top, 0)
  return [from, Math.max(Math.min(box.bottom, innerHeight) - box.top, from)]
}

// Rows out of sight have estimated heights; once they are drawn the place is corrected.
const centre = (room, n, tries = 3) => {
  const row = rowAt(room, n), { list } = room
  if (!row) return
  let [from, to] = slice(room)
  if (to - from < Math.min(row.offsetHeight, 120) + 24) {
    list.scrollIntoView({ block: list.clientHeight < innerHeight ? "nearest" : "start" })
    ;[from, to] = slice(room)
  }
  list.scrollTop = offsetOf(room, row) - from - Math.max(0, (to - from - row.offsetHeight) / 2)
  if (tries) requestAnimationFrame(() => room.selected === n && centre(room, n, tries - 1))
}

const fill = (room, number, lines) => {
  const start = room.body.parts[number], chosen = room.selected
  const seen = visible(room)?.[0] ?? 0, place = room.list.scrollTop - (rowAt(room, seen)?.offsetTop ?? 0)
  const waited = rowAt(room, chosen)?.dataset.blank
  room.have.add(number)
  room.asked.delete(number)
  lines.forEach((line, at) => {
    const old = rowAt(room, start + at)
    if (old?.dataset.blank) old.replaceWith(rowOf(room.body, start + at, line, (n) => linkTo(room, n)))
  })
  if (waited) select(room, chosen, { seek: false, address: false })
  else room.list.scrollTop = rowAt(room, seen).offsetTop + place
}

// Words of a long conversation come in parts; the server sends the one that is in sight.
const ask = (room) => {
  const seen = visible(room)
  if (!seen || room.have.size === room.body.parts.length) return
  const wanted = room.selected !== null && !room.have.has(partOf(room, room.selected)) ? [room.selected] : seen
  const number = wanted.map((n) => partOf(room, n)).find((each) => !room.have.has(each) && !room.asked.has(each))
  if (number === undefined) return
  room.asked.add(number)
  room.set("part", [room.body.id, number])
}

const write = (room, data) => {
  const { body } = room, start = body.parts[data.part]
  room.have = new Set([data.part])
  room.asked = new Set()
  const rows = []
  for (let n = 0; n < body.count; n++) rows.push(rowOf(body, n, data.rows[n - start], (at) => linkTo(room, at)))
  if (!rows.length) rows.push(make("p", "rest", "Somebody was heard, but no transcript came: there are no words to show."))
  room.list.classList.toggle("none", !body.count)
  room.list.replaceChildren(...rows)
}

// --- the overlay: what follows the reader --------------------------------------------------------

const overlay = (room) => {
  const { body, plan, scale, over } = room, marks = [], low = plan.axis
  const upright = (name, value, colour, width, dash) => {
    const x = scale.x(value)
    if (x >= plan.left - 3 && x <= plan.width) marks.push(line(x, plan.user.y - 2, x, low, colour, { class: name, "stroke-width": width, ...(dash ? { "stroke-dasharray": dash } : {}) }))
  }
  const seen = body.count ? visible(room) : null
  if (seen) {
    const from = Math.max(scale.x(body.begin[seen[0]]), plan.left), to = Math.max(scale.x(endOf(body, seen[1])), from + 3)
    const band = shape("rect", { class: "seen", x: from, y: low - 1, width: Math.min(to, plan.width) - from, height: 3, rx: 1.5 })
    band.style.fill = "var(--st-primary-color)"
    if (to > plan.left && from < plan.width) marks.push(band)
  }
  if (room.near !== null && room.near !== room.selected) upright("ghost", body.begin[room.near], "var(--soft)", 1, "2 3")
  if (room.selected !== null) {
    const n = room.selected, row = plan[SIDES[body.turns.role[n]]], strip = body.basis === "order"
    if (row) {
      const x = scale.x(strip ? n - 0.5 : body.begin[n]), w = (strip ? 1 : endOf(body, n) - body.begin[n]) * scale.unit
      const frame = shape("rect", { x: x - 2, y: row.y - 2, width: Math.max(w, 2) + 4, height: row.h + 4, rx: 3, fill: "none", "stroke-width": 2 })
      frame.style.stroke = "var(--st-text-color)"
      if (x + w >= plan.left && x <= plan.width) marks.push(frame)
    }
    upright("cursor", body.begin[n], "var(--st-text-color)", 1.5)
  }
  if (room.playing !== null) upright("playing", room.playing, "var(--st-primary-color)", 2)
  over.replaceChildren(...marks)
}

const endOf = (body, n) => {
  if (body.basis === "order") return n + 0.4
  const span = body.spans[SIDES[body.turns.role[n]]]?.find((each) => each[2] === n)
  return span ? span[1] : body.begin[n] + (body.turns.len[n] ?? 0)
}

const spoken = (room, n) => {
  const { body } = room, side = SIDES[body.turns.role[n]] ?? "other", at = body.turns.at[n]
  const text = rowAt(room, n)?.querySelector(".text")?.textContent ?? ""
  return { head: `#${n} · ${side}${at === null ? "" : ` · ${clock(at)}`}`, text: text.length > 140 ? `${text.slice(0, 139)}…` : text }
}

const redraw = (room) => {
  room.plan = planOf(room.body, Math.max(room.plot.clientWidth, 200))
  Object.assign(room, paint(room.ink, room.body, room.plan, room.view))
  const [from, to] = whole(room.body), zoomed = room.view[1] - room.view[0] < (to - from) * 0.999
  for (const button of room.zoom.querySelectorAll("button")) button.disabled = !zoomed && button.dataset.zoom !== "2"
  overlay(room)
}

// --- moving --------------------------------------------------------------------------------------

const zoomTo = (room, factor, at) => {
  const [from, to] = whole(room.body), [low, high] = room.view
  if (!factor) room.view = [from, to]
  else {
    const least = room.body.basis === "order" ? 8 : 10, length = Math.min(Math.max((high - low) / factor, least), to - from)
    const middle = at ?? (room.selected === null ? (low + high) / 2 : room.body.begin[room.selected])
    const share = at === undefined ? 0.5 : (at - low) / (high - low)
    const start = Math.min(Math.max(middle - length * share, from), to - length)
    room.view = [start, start + length]
  }
  redraw(room)
}

const reveal = (room, value) => {
  const [low, high] = room.view, length = high - low, [from, to] = whole(room.body)
  if (value >= low && value <= high) return false
  const start = Math.min(Math.max(value - length / 2, from), to - length)
  room.view = [start, start + length]
  return true
}

// Select a turn everywhere at once. `scroll`: bring it into sight; `seek`: the player too.
const select = (room, n, { scroll = true, seek = true, address = true, back = false, focus = false } = {}) => {
  const { body } = room
  if (n !== null && !(n >= 0 && n < body.count)) n = null
  if (back && n !== null && n !== room.selected) room.past.push(visible(room)?.[0] ?? 0)
  rowAt(room, room.selected)?.classList.remove("here")
  rowAt(room, room.selected)?.removeAttribute("aria-current")
  room.selected = n
  for (const each of room.groups.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current")
  if (n !== null) {
    const row = rowAt(room, n)
    row.classList.add("here")
    row.setAttribute("aria-current", "true")
    for (const each of room.groups.querySelectorAll(`[data-turn="${n}"]`)) each.setAttribute("aria-current", "true")
    if (scroll) centre(room, n)
    if (focus) row.focus({ preventScroll: true })
    if (seek && room.media && body.basis !== "order") room.media.currentTime = Math.max(body.begin[n], 0)
    if (reveal(room, body.begin[n])) redraw(room)
  }
  if (address) remember(n)
  tell(room)
  overlay(room)
  ask(room)
}

const tell = (room) => {
  const { body, plot, where, back } = room, n = room.selected
  plot.setAttribute("aria-valuemax", Math.max(body.count - 1, 0))
  plot.setAttribute("aria-valuenow", n ?? 0)
  const said = n === null ? null : spoken(room, n)
  plot.setAttribute("aria-valuetext", said ? `${said.head}: ${said.text}` : "No turn selected")
  const all = `${body.count.toLocaleString("en")} turn${body.count === 1 ? "" : "s"}`
  where.textContent = said ? `${said.head} · ${all}` : body.count ? `${all} · click one, or a mark above` : ""
  back.hidden = !room.past.length
  back.textContent = room.past.length ? `Back to #${room.past.at(-1)}` : ""
}

const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }

const keyed = (room, event, focus) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("button")) return
  if (event.key in KEYS && room.body.count) {
    event.preventDefault()
    const step = KEYS[event.key], here = room.selected ?? (step > 0 ? -1 : 0)
    select(room, within(room, here + step), { focus })
  } else if (event.key === "Enter" && room.selected !== null) {
    event.preventDefault()
    if (focus) copy(room, room.selected)
    else select(room, room.selected, { focus: true })
  } else if (!focus && ["+", "=", "-", "0"].includes(event.key)) {
    event.preventDefault()
    zoomTo(room, { "+": 2, "=": 2, "-": 0.5, 0: 0 }[event.key])
  }
}

const copy = async (room, n) => {
  const text = linkTo(room, n), button = rowAt(room, n).querySelector(".copy")
  let done = "Copied"
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Without https a page may not write to the clipboard; the address bar has the link too.
    done = "The link is in the address bar"
  }
  select(room, n, { scroll: false, seek: false })
  button.textContent = done
  room.status.textContent = `${done}: link to turn ${n}`
  setTimeout(() => (button.textContent = "Copy link"), 1800)
}

// --- pointing at the timeline --------------------------------------------------------------------

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

// --- the recording -------------------------------------------------------------------------------

const findPlayer = (room, tries = 60) => {
  const media = document.querySelector(".st-key-recording video, .st-key-recording audio")
  if (media === room.media) return
  if (!media) return void (tries && (room.search = setTimeout(() => findPlayer(room, tries - 1), 250)))
  room.media = media
  const follow = () => {
    if (!room.media || room.body.basis === "order") return
    room.playing = media.currentTime || null
    const n = turnAt(room.body, media.currentTime)
    if (!media.paused && n !== null && n !== room.selected) select(room, n, { seek: false })
    else overlay(room)
  }
  media.addEventListener("timeupdate", follow)
  media.addEventListener("seeked", follow)
  room.forget = () => {
    media.removeEventListener("timeupdate", follow)
    media.removeEventListener("seeked", follow)
  }
  if (room.selected !== null && room.body.basis !== "order") media.currentTime = Math.max(room.body.begin[room.selected], 0)
}

// --- Streamlit calls this on every change of the data or the theme ---------------------------------

const roomOf = (parent) => {
  const at = (name) => parent.querySelector(name)
  const room = {
    top: at(".top"), plot: at(".plot"), ink: at(".ink"), tip: at(".tip"), zoom: at(".zoom"), legend: at(".legend"), about: at(".about"), groups: at(".groups"),
    list: at(".turns"), where: at(".where"), back: at(".back"), status: at(".aside"), near: null, selected: null, playing: null, media: null, past: [], sign: null,
  }
  rooms.set(parent, room)
  return room
}

const show = (room, data) => {
  const same = room.body?.id === data.body.id, held = same ? visible(room) : null
  const place = held && room.list.children[held[0]] ? room.list.scrollTop - room.list.children[held[0]].offsetTop : 0
  const fitted = !same || room.view[1] - room.view[0] >= (whole(room.body)[1] - whole(room.body)[0]) * 0.999
  const opened = same ? new Set([...room.groups.querySelectorAll("details[open]")].map((each) => each.dataset.name)) : null
  room.body = indexed(data.body)
  room.sign = data.body.sign
  room.near = null
  if (fitted) room.view = whole(room.body)
  if (!same) Object.assign(room, { selected: null, past: [], playing: null })
  write(room, data)
  room.legend.replaceChildren(...legendOf(room.body))
  room.about.textContent = [room.body.about, room.body.notes.waits, room.body.notes.mood].filter(Boolean).join(" ")
  room.groups.replaceChildren(...groupsOf(room.body, opened, (turn, at) => go(room, turn, at)))
  redraw(room)
  if (held && room.list.children[held[0]]) room.list.scrollTop = room.list.children[held[0]].offsetTop + place
  else room.list.scrollTop = 0
  select(room, same ? room.selected : null, { scroll: false, seek: false, address: false })
}

export default function ({ data: sent, parentElement, setTriggerValue, setStateValue }) {
  const data = read(sent), known = rooms.has(parentElement), room = known ? rooms.get(parentElement) : roomOf(parentElement)
  room.set = setStateValue
  if (!known) listen(room)
  if (room.sign !== data.body.sign) show(room, data)
  else if (!room.have.has(data.part)) fill(room, data.part, data.rows)
  if (data.focus !== room.focused && data.focus !== room.selected) select(room, data.focus, { seek: false, address: false })
  room.focused = data.focus
  if (data.recording) findPlayer(room)
  ask(room)
  return () => {
    room.sizes?.disconnect()
    room.forget?.()
    clearTimeout(room.search)
    rooms.delete(parentElement)
  }
}
