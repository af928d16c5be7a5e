// The timeline: what is where, and how it is drawn. Coordinates are seconds, or turns without times.
const shape = (tag, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  if (text !== undefined) element.textContent = text
  return element
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800]
const STEPS_OF_TURNS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

// Rows from top to bottom: y and height. What has nothing to show takes no room.
const planOf = (body, width) => {
  const narrow = width < 620, left = narrow ? 8 : 84, gap = narrow ? 16 : 8
  const plan = { width, left, right: 10, narrow }
  let y = narrow ? 14 : 4
  const take = (name, height, wanted = true) => {
    if (!wanted) return
    plan[name] = { y, h: height }
    y += height + gap
  }
  const order = body.basis === "order"
  take("user", order ? 40 : 28)
  if (!narrow) y += order ? -8 : 2
  else if (order) y -= 16
  take("assistant", order ? 40 : 28)
  take("marks", 16, body.marks.length > 0)
  take("mood", 44, body.moodTurns.length > 0)
  take("waits", 54, body.counted.length > 0)
  plan.axis = y - gap + 6
  plan.height = plan.axis + 20
  return plan
}

const scaleOf = (plan, [from, to]) => {
  const room = plan.width - plan.left - plan.right
  return {
    x: (value) => plan.left + ((value - from) / (to - from)) * room,
    value: (x) => from + ((x - plan.left) / room) * (to - from),
    unit: room / (to - from),
  }
}

// Many spans as one path; a few as rounded rectangles.
const bars = (spans, fill, extra = {}) => {
  if (spans.length <= 300) {
    const group = shape("g", extra)
    group.style.fill = fill
    for (const [x, y, w, h] of spans) group.append(shape("rect", { x, y, width: Math.max(w, 1.5), height: Math.max(h, 1), rx: Math.min(2, w / 3) }))
    return group
  }
  const d = spans.map(([x, y, w, h]) => `M${x.toFixed(1)} ${y.toFixed(1)}h${Math.max(w, 1).toFixed(1)}v${Math.max(h, 1).toFixed(1)}h${(-Math.max(w, 1)).toFixed(1)}z`).join("")
  const path = shape("path", { d, ...extra })
  path.style.fill = fill
  return path
}

const line = (x1, y1, x2, y2, colour, extra = {}) => {
  const element = shape("line", { x1, y1, x2, y2, ...extra })
  element.style.stroke = colour
  return element
}

const nameOf = (plan, row, text, colour) => {
  const at = plan.narrow ? { x: plan.left, y: row.y - 3 } : { x: plan.left - 10, y: row.y + row.h / 2 + 4, "text-anchor": "end" }
  const element = shape("text", { ...at, class: "name" }, text)
  if (colour) element.style.fill = `color-mix(in srgb, ${colour} 75%, var(--st-text-color))`
  return element
}

const MARKS = {
  tool: (x, y) => shape("path", { d: `M${x} ${y - 7}l6 7-6 7-6-7z` }),
  flag: (x, y) => shape("path", { d: `M${x} ${y - 6}l6.5 12h-13z` }),
  seen: (x, y) => shape("circle", { cx: x, cy: y, r: 5.5 }),
}
const KINDS = { tool: "Tool call", flag: "Guardrail, objective or signal", seen: "Perception" }

const waitTop = (body) => Math.max(body.slow * 1.25, Math.min(Math.max(...body.counted.map((each) => each[2])), 10))

const drawLanes = (ink, body, plan, scale) => {
  const { colours } = body, { user, assistant } = plan, top = user.y, bottom = assistant.y + assistant.h
  const inView = (a, b) => scale.x(b) >= plan.left - 2 && scale.x(a) <= plan.width + 2
  const across = (spans) => spans.filter(([a, b]) => inView(a, b)).map(([a, b]) => [scale.x(a), top, (b - a) * scale.unit, bottom - top])
  if (body.basis === "order") return drawStrip(ink, body, plan, scale)
  if (body.silences.length) ink.append(bars(across(body.silences), `color-mix(in srgb, ${colours.quiet} 22%, transparent)`))
  for (const side of ["user", "assistant"]) {
    const row = plan[side]
    const spans = body.basis === "starts"
      ? body.order.filter((n) => SIDES[body.turns.role[n]] === side && inView(body.begin[n], body.begin[n])).map((n) => [scale.x(body.begin[n]) - 1, row.y, 2, row.h])
      : body.spans[side].filter(([a, b]) => inView(a, b)).map(([a, b]) => [scale.x(a), row.y, (b - a) * scale.unit, row.h])
    ink.append(line(plan.left, row.y + row.h / 2, plan.width - plan.right, row.y + row.h / 2, "var(--hair)"))
    ink.append(bars(spans, colours[side]), nameOf(plan, row, side === "user" ? "User" : "Assistant", colours[side]))
  }
  if (body.overlaps.length) {
    const seen = body.overlaps.filter(([a, b]) => inView(a, b))
    ink.append(bars(seen.map(([a, b]) => [scale.x(a), top, (b - a) * scale.unit, bottom - top]), "url(#hatch)"))
  }
  for (const [at, by] of body.breaks) {
    if (!inView(at, at)) continue
    const x = scale.x(at), y = by === "user" ? assistant.y : user.y + user.h, tip = by === "user" ? 7 : -7
    const tick = shape("path", { d: `M${x - 5} ${y - tip / 2}h10l-5 ${tip}z` })
    tick.style.fill = colours.bad
    tick.style.stroke = "var(--st-background-color)"
    ink.append(tick)
  }
}

const drawStrip = (ink, body, plan, scale) => {
  const most = Math.max(1, ...body.turns.words), wide = Math.max(scale.unit * 0.8, 1)
  const middle = plan.user.y + plan.user.h
  for (const [side, sign] of [["user", -1], ["assistant", 1]]) {
    const spans = []
    for (let n = 0; n < body.count; n++) {
      if (SIDES[body.turns.role[n]] !== side) continue
      const h = Math.max((body.turns.words[n] / most) * 38, 1.5)
      spans.push([scale.x(n) - wide / 2, sign < 0 ? middle - h : middle, wide, h])
    }
    ink.append(bars(spans, body.colours[side]), nameOf(plan, plan[side], side === "user" ? "User" : "Assistant", body.colours[side]))
  }
  ink.append(line(plan.left, middle, plan.width - plan.right, middle, "var(--st-border-color)"))
}

const drawMarks = (ink, body, plan, scale) => {
  if (!plan.marks) return
  const y = plan.marks.y + plan.marks.h / 2
  ink.append(nameOf(plan, plan.marks, "Events"))
  for (const [at, kind] of body.marks) {
    const mark = MARKS[kind](scale.x(at), y)
    mark.style.fill = body.colours[kind]
    ink.append(mark)
  }
}

const drawMood = (ink, body, plan, scale) => {
  if (!plan.mood) return
  const { y, h } = plan.mood, level = (score) => y + h / 2 - (score * h) / 2
  ink.append(nameOf(plan, plan.mood, "User mood"), line(plan.left, level(0), plan.width - plan.right, level(0), "var(--st-border-color)"))
  const points = body.moodTurns.map((n) => [scale.x(body.begin[n]), level(body.turns.mood[n]), n])
  const path = shape("path", { d: "M" + points.map(([x, at]) => `${x.toFixed(1)} ${at.toFixed(1)}`).join("L"), fill: "none", "stroke-width": 1.2 })
  path.style.stroke = body.colours.quiet
  ink.append(path)
  const radius = points.length > 150 ? 2 : 3.5
  for (const [x, at, n] of points) {
    if (x < plan.left - 4 || x > plan.width) continue
    const mood = moodOf(body, n), dot = shape("circle", { cx: x.toFixed(1), cy: at.toFixed(1), r: radius, "stroke-width": 1.5 })
    const colour = body.colours[mood.word] ?? body.colours.quiet
    dot.style.stroke = colour
    dot.style.fill = mood.unsure ? "var(--st-background-color)" : colour
    ink.append(dot)
  }
}

const drawWaits = (ink, body, plan, scale) => {
  if (!plan.waits) return
  const { y, h } = plan.waits, most = waitTop(body), level = (wait) => y + h - (Math.min(wait, most) / most) * h
  const right = plan.width - plan.right
  const free = level(body.slow) < y + h / 2 ? y + h * 0.62 : y + h * 0.25 // beside the labels of the lines
  ink.append(nameOf(plan, plan.narrow ? plan.waits : { y: free, h: 0 }, "Response"))
  ink.append(line(plan.left, y + h, right, y + h, "var(--st-border-color)"))
  const marks = [[body.slow, body.colours.bad, `slow ${body.slow} s`], [body.human, body.colours.positive, `human ${body.human} s`]]
  for (const [value, colour, text] of marks) {
    ink.append(line(plan.left, level(value), right, level(value), colour, { "stroke-dasharray": "3 4", "stroke-width": 1 }))
    if (!plan.narrow && value === body.slow) ink.append(shape("text", { x: plan.left - 10, y: level(value) + 4, "text-anchor": "end" }, text))
    else if (!plan.narrow) ink.append(shape("text", { x: plan.left - 10, y: y + h + 4, "text-anchor": "end" }, text))
  }
  const wide = Math.max(1.5, Math.min(5, scale.unit * 1.2))
  for (const late of [false, true]) {
    const chosen = body.counted.filter(([, , wait]) => (wait > body.slow) === late)
    const spans = chosen.map(([, since, wait]) => [scale.x(since + wait) - wide / 2, level(wait), wide, y + h - level(wait)])
    ink.append(bars(spans, late ? body.colours.bad : body.colours.assistant))
  }
}

const drawAxis = (ink, body, plan, scale, [from, to]) => {
  const order = body.basis === "order", steps = order ? STEPS_OF_TURNS : STEPS
  const step = steps.find((each) => each * scale.unit >= (order ? 34 : 62)) ?? steps.at(-1)
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = scale.x(at)
    if (x < plan.left - 1) continue
    ink.append(line(x, plan.user.y, x, plan.axis, "var(--hair)", { "stroke-width": 0.6 }))
    const edge = x > plan.width - 26 ? "end" : x < plan.left + 4 && plan.narrow ? "start" : "middle"
    ink.append(shape("text", { x, y: plan.axis + 13, "text-anchor": edge }, order ? `#${at}` : clock(at)))
  }
}

const legendOf = (body, plan) => {
  const found = [["User", body.colours.user], ["Assistant", body.colours.assistant]].map(([text, fill]) => [text, bars([[1, 2, 12, 8]], fill)])
  if (body.silences.length) found.push(["Silence over 3 s", bars([[1, 1, 12, 10]], `color-mix(in srgb, ${body.colours.quiet} 35%, transparent)`)])
  if (body.overlaps.length) found.push(["Overlap", bars([[1, 1, 12, 10]], "url(#hatch)")])
  if (body.breaks.length) {
    const tick = shape("path", { d: "M2 3h10l-5 7z" })
    tick.style.fill = body.colours.bad
    found.push(["Interruption", tick])
  }
  for (const kind of Object.keys(MARKS)) {
    if (!body.marks.some((each) => each[1] === kind)) continue
    const mark = MARKS[kind](7, 6)
    mark.style.fill = body.colours[kind]
    mark.setAttribute("transform", "translate(1.4 1.2) scale(0.8)")
    found.push([KINDS[kind], mark])
  }
  return found.map(([text, mark]) => {
    const entry = make("span"), icon = shape("svg", { viewBox: "0 0 14 12" })
    icon.append(hatchOf(body), mark)
    entry.append(icon, text)
    return entry
  })
}

const hatchOf = (body) => {
  const defs = shape("defs", {}), hatch = shape("pattern", { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })
  const ground = shape("rect", { width: 5, height: 5 }), stripe = shape("rect", { width: 2.2, height: 5 })
  ground.style.fill = `color-mix(in srgb, ${body.colours.bad} 25%, transparent)`
  stripe.style.fill = body.colours.bad
  hatch.append(ground, stripe)
  defs.append(hatch)
  return defs
}

const paint = (svg, body, plan, view) => {
  const scale = scaleOf(plan, view), ink = shape("g", {}), names = shape("g", {})
  svg.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`)
  svg.style.height = `${plan.height}px`
  const clip = shape("clipPath", { id: "field" })
  clip.append(shape("rect", { x: plan.left - 6, y: 0, width: plan.width - plan.left + 6, height: plan.height }))
  drawAxis(ink, body, plan, scale, view)
  drawLanes(ink, body, plan, scale)
  drawMarks(ink, body, plan, scale)
  drawMood(ink, body, plan, scale)
  drawWaits(ink, body, plan, scale)
  for (const text of [...ink.querySelectorAll("text")]) if (text.classList.contains("name") || text.getAttribute("text-anchor") === "end") names.append(text)
  ink.setAttribute("clip-path", "url(#field)")
  const over = shape("g", { class: "over" })
  svg.replaceChildren(hatchOf(body), clip, ink, names, over)
  return { scale, over }
}
