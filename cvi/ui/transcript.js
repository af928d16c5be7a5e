// Draws turns with textContent only, so nothing a speaker said is ever read as markup.
const rooms = new WeakMap()

const make = (tag, name, text) => {
  const element = document.createElement(tag)
  element.className = name
  if (text !== undefined) element.textContent = text
  return element
}

const chip = (text, colour, title, extra = "") => {
  const element = make("span", "chip " + extra, text)
  element.style.setProperty("--tone", colour)
  element.title = title
  return element
}

const row = (turn, colours, open) => {
  const item = make("div", "turn " + turn.role)
  item.dataset.n = turn.n
  item.setAttribute("role", "listitem")
  item.style.setProperty("--side", colours[turn.role] ?? colours.quiet)
  item.style.setProperty("--ink", `color-mix(in srgb, ${colours[turn.role] ?? colours.quiet} 80%, var(--st-text-color))`)
  const at = make("button", "at", turn.at ? `${turn.at}\n#${turn.n}` : `#${turn.n}`)
  at.style.whiteSpace = "pre-line"
  at.title = "Link to this turn"
  at.setAttribute("aria-label", `Link to turn ${turn.n}`)
  at.onclick = () => open(turn.n)
  const body = make("div", "body")
  const head = make("div", "head")
  head.append(make("span", "who", turn.who))
  for (const each of turn.chips) {
    head.append(chip(each.text, colours[each.colour] ?? colours.quiet, each.title, each.unsure ? "unsure" : ""))
  }
  body.append(head, make("p", turn.text ? "text" : "text none", turn.text || "(no words)"))
  for (const note of turn.notes) body.append(make("p", "note", note))
  item.append(at, body)
  return item
}

const show = (list, item) => {
  list.querySelector(".here")?.classList.remove("here")
  if (!item) return
  item.classList.add("here")
  list.scrollTop = Math.max(0, item.offsetTop - (list.clientHeight - Math.min(item.clientHeight, list.clientHeight)) / 2)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".turns")
  const room = rooms.get(parentElement) ?? {}
  rooms.set(parentElement, room)
  const open = (n) => setTriggerValue("turn", n)
  if (room.page !== data.page) {
    list.replaceChildren(...data.turns.map((turn) => row(turn, data.colours, open)))
    list.scrollTop = 0
    room.page = data.page
    room.jump = undefined
  }
  const jump = `${data.focus}/${data.jump}`
  if (room.jump !== jump) {
    room.jump = jump
    const item = data.focus === null ? null : list.querySelector(`[data-n="${data.focus}"]`)
    show(list, item)
    if (item && data.jump) list.scrollIntoView({ block: "nearest", behavior: "smooth" })
  }
}
