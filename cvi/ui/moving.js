// Selecting, scrolling and zooming: what moves when something is chosen, and what follows it.
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

// Rows stand in bunches, which the browser skips while they are out of sight: skipping single rows
// costs it more than it saves.
const BUNCH = 40
const rowAt = (room, n) => room.rows[n]
const topOf = (row) => row.parentElement.offsetTop + row.offsetTop

// The first and the last turn in sight.
const visible = (room) => {
  const { rows, list } = room, top = list.scrollTop + 2, bottom = top + list.clientHeight - 4
  if (!rows.length) return null
  const bunch = [...list.children].findIndex((each) => each.offsetTop + each.offsetHeight > top)
  let first = bunch < 0 ? rows.length - 1 : bunch * BUNCH
  while (first + 1 < rows.length && topOf(rows[first]) + rows[first].offsetHeight <= top) first++
  let last = first
  while (last + 1 < rows.length && topOf(rows[last + 1]) < bottom) last++
  return [first, last]
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
  list.scrollTop = topOf(row) - from - Math.max(0, (to - from - row.offsetHeight) / 2)
  if (tries) requestAnimationFrame(() => room.selected === n && centre(room, n, tries - 1))
}

const fill = (room, number, lines) => {
  const start = room.body.parts[number], chosen = room.selected
  const seen = visible(room)?.[0] ?? 0, place = room.list.scrollTop - topOf(rowAt(room, seen))
  const waited = rowAt(room, chosen)?.dataset.blank
  room.have.add(number)
  room.asked.delete(number)
  lines.forEach((line, at) => {
    const old = rowAt(room, start + at)
    if (!old?.dataset.blank) return
    room.rows[start + at] = rowOf(room.body, start + at, line, (n) => linkTo(room, n))
    old.replaceWith(room.rows[start + at])
  })
  if (waited) select(room, chosen, { seek: false, address: false })
  else room.list.scrollTop = topOf(rowAt(room, seen)) + place
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

const bunchOf = () => {
  const bunch = make("div", "bunch")
  bunch.setAttribute("role", "presentation")
  return bunch
}

const write = (room, data) => {
  const { body } = room, start = body.parts[data.part]
  room.have = new Set([data.part])
  room.asked = new Set()
  room.rows = []
  const bunches = []
  for (let n = 0; n < body.count; n++) {
    if (n % BUNCH === 0) bunches.push(bunchOf())
    const row = rowOf(body, n, data.rows[n - start], (at) => linkTo(room, at))
    room.rows.push(row)
    bunches.at(-1).append(row)
  }
  for (const each of bunches) each.style.containIntrinsicSize = `auto ${each.children.length * 68}px`
  if (!bunches.length) bunches.push(make("p", "rest", "Somebody was heard, but no transcript came: there are no words to show."))
  room.list.classList.toggle("none", !body.count)
  room.list.replaceChildren(...bunches)
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
  // Rows, as a turn of the metrics may hold several of them.
  const all = `${body.count.toLocaleString("en")} row${body.count === 1 ? "" : "s"}`
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
