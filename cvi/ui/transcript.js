// The transcript and the list of moments. Only textContent: nothing said is ever read as markup.
const make = (tag, name, text) => {
  const element = document.createElement(tag)
  if (name) element.className = name
  if (text !== undefined) element.textContent = text
  return element
}

const clock = (seconds) => {
  const whole = Math.round(Math.abs(seconds)), sign = seconds < 0 && whole ? "-" : ""
  const two = (number) => String(number).padStart(2, "0")
  if (whole >= 86400) return `${sign}${Math.floor(whole / 86400)} d ${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}`
  const minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600)
  return `${sign}${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`
}

const SIDES = { u: "user", a: "assistant" }
const MOODS = { "+": "positive", 0: "neutral", "-": "negative" }

const moodOf = (body, n) => {
  const { mood, sure, label } = body.turns
  if (mood[n] === null) return null
  return { word: MOODS[label[n]] ?? "unknown", score: mood[n], sure: sure[n] ?? 0, unsure: (sure[n] ?? 0) < body.unsure }
}

const chip = (text, colour, title) => {
  const element = make("span", "chip", text)
  element.style.setProperty("--tone", colour)
  element.title = title
  return element
}

const headOf = (body, n, who) => {
  const { colours } = body, head = make("div", "head"), mood = moodOf(body, n), wait = body.waitOf.get(n)
  head.append(make("span", "who", who))
  if (mood) {
    const dot = make("span", mood.unsure ? "dot unsure" : "dot")
    dot.style.setProperty("--tone", colours[mood.word] ?? colours.quiet)
    dot.title = `Mood ${mood.word}${mood.unsure ? ", unsure" : ""}: ${mood.score.toFixed(2)}, confidence ${Math.round(mood.sure * 100)}%`
    dot.setAttribute("role", "img")
    dot.setAttribute("aria-label", dot.title)
    head.append(dot)
    if (!mood.unsure && mood.word !== "neutral") head.append(chip(mood.word, colours[mood.word], dot.title))
  }
  if (wait !== undefined) {
    const said = `answered in ${wait.toFixed(1)} s`, title = "From the end of the user's speech to the start of this answer"
    head.append(wait > body.slow ? chip(said, colours.bad, title) : make("span", "quick", said))
  }
  if (body.cutTurns.has(n)) head.append(chip("interrupted", colours.bad, "The other side began to speak before this turn was over"))
  for (const [, kind, label] of body.marksOf.get(n) ?? []) head.append(chip(label, colours[kind], label))
  return head
}

const rowOf = (body, n, line, link) => {
  const side = SIDES[body.turns.role[n]] ?? "other"
  const item = make("div", `turn ${side}`), colour = body.colours[side] ?? body.colours.quiet
  item.dataset.n = n
  item.tabIndex = -1
  item.setAttribute("role", "listitem")
  item.style.setProperty("--side", colour)
  item.style.setProperty("--name", `color-mix(in srgb, ${colour} 80%, var(--st-text-color))`)
  const at = body.turns.at[n], [who, text, notes] = line ?? ["…", "", []]
  const anchor = make("a", "at", at === null ? `#${n}` : `${clock(at)}\n#${n}`)
  anchor.href = link(n)
  anchor.tabIndex = -1
  anchor.setAttribute("aria-label", `Turn ${n}${at === null ? "" : ` at ${clock(at)}`}`)
  const inner = make("div", "body"), head = headOf(body, n, who)
  const copy = make("button", "copy", "Copy link")
  copy.type = "button"
  copy.tabIndex = -1
  copy.setAttribute("aria-label", `Copy link to turn ${n}`)
  head.append(copy)
  inner.append(head)
  if (line) inner.append(make("p", text ? "text" : "text none", text || "(no words)"))
  else item.dataset.blank = "true"
  for (const note of notes) inner.append(make("p", "remark", note))
  item.append(anchor, inner)
  return item
}

const momentOf = (body, [turn, at, note, text, side, also], go) => {
  const when = at !== null ? clock(at) : turn !== null ? `#${turn}` : ""
  const button = make("button", "moment")
  button.type = "button"
  button.disabled = turn === null && at === null
  if (turn !== null) button.dataset.turn = turn
  button.style.setProperty("--tone", body.colours[side] ?? "transparent")
  const words = make("span")
  const quote = make("span", "quote", text)
  quote.title = text
  if (note) words.append(make("span", "note", note))
  words.append(quote)
  button.append(make("span", "when", when), words)
  button.onclick = () => go(turn, at)
  if (!also.length) return [button]
  const more = make("div", "also")
  for (const n of also) {
    const each = make("button", "", `#${n}`)
    each.type = "button"
    each.setAttribute("aria-label", `Go to turn ${n}`)
    each.onclick = () => go(n, null)
    more.append(each)
  }
  return [button, more]
}

const groupsOf = (body, opened, go) => {
  const found = []
  body.groups.forEach((group, place) => {
    const box = make("details", "group"), head = make("summary", "", group.label)
    box.dataset.name = group.name
    box.open = opened ? opened.has(group.name) : place < 4
    head.append(make("span", "count", group.count.toLocaleString("en")))
    box.append(head)
    for (const item of group.items) box.append(...momentOf(body, item, go))
    const rest = group.count - group.items.length
    if (rest > 0) box.append(make("p", "rest", `The first ${group.items.length}; ${rest.toLocaleString("en")} more.`))
    found.push(box)
  })
  if (!found.length) found.push(make("p", "rest", "Nothing stands out by the rules. That is no verdict on the conversation."))
  if (body.notes.moments) found.push(make("p", "rest", body.notes.moments))
  return found
}
