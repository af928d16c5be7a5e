// Locks the timeline, the transcript, the moments and the player to one another, in the browser.
const rooms = new WeakMap()

const read = (data) => (data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data)

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
    list: at(".turns"), where: at(".where"), back: at(".back"), status: at(".aside"), near: null, selected: null, playing: null, media: null, rows: [], past: [], sign: null,
  }
  rooms.set(parent, room)
  return room
}

// Bunches out of sight have estimated heights, so the place is set again once they are drawn.
const keep = (room, n, place, tries = 2) => {
  room.list.scrollTop = topOf(room.rows[n]) + place
  const reached = room.list.scrollTop
  if (tries) requestAnimationFrame(() => room.list.scrollTop === reached && keep(room, n, place, tries - 1))
}

const show = (room, data) => {
  const same = room.body?.id === data.body.id, held = same ? visible(room) : null
  const place = held ? room.list.scrollTop - topOf(room.rows[held[0]]) : 0
  const fitted = !same || room.view[1] - room.view[0] >= (whole(room.body)[1] - whole(room.body)[0]) * 0.999
  const opened = same ? new Set([...room.groups.querySelectorAll("details[open]")].map((each) => each.dataset.name)) : null
  room.body = indexed(data.body)
  room.sign = data.body.sign
  room.near = null
  if (fitted) room.view = whole(room.body)
  if (!same) Object.assign(room, { selected: null, past: [], playing: null })
  write(room, data)
  room.legend.replaceChildren(...legendOf(room.body))
  room.about.replaceChildren([room.body.about, room.body.notes.waits, room.body.notes.mood].filter(Boolean).join(" ") + " ")
  room.about.append(make("span", "keys", "← → walk the turns · Enter goes to the words · + − 0 zoom"))
  room.groups.replaceChildren(...groupsOf(room.body, opened, (turn, at) => go(room, turn, at)))
  redraw(room)
  if (held && room.rows[held[0]]) keep(room, held[0], place)
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
