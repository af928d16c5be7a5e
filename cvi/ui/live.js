// Listens for new data, and asks for a rerun when the page is seen, idle and not being used.
// The pages of one browser share one stream: it would allow six to a server, and no more requests.
const PAUSE = 700 // ms between the end of a rerun and the next, at least
const SHARE = 2 // … and this many times as long as the last rerun took,
const LONGEST = 5000 // but no longer than that
const RETRY = [1, 2, 4, 8, 15, 30, 60] // seconds
const WORDS = { live: "Live", away: "Reconnecting …", off: "" }
const rooms = new WeakMap()

class Room {
  constructor(element) {
    this.badge = element.querySelector(".live")
    this.told = null // the newest state heard of
    this.state = "off"
    this.tries = 0
    this.asked = null // when a rerun was asked for
    this.rest = 0 // no rerun before this moment
    this.pressed = false
    this.channel = new BroadcastChannel("cvi-live")
    this.channel.onmessage = ({ data }) => this.heard(data)
    this.gone = new AbortController()
    const on = { signal: this.gone.signal, capture: true, passive: true }
    addEventListener("pointerdown", () => (this.pressed = true), on)
    for (const end of ["pointerup", "pointercancel", "dragend"]) addEventListener(end, () => (this.pressed = false), on)
    document.addEventListener("visibilitychange", () => this.looked(), on)
  }

  // Only pages that are seen listen; the others catch up when somebody looks at them.
  looked() {
    const seen = document.visibilityState === "visible"
    if (seen && !this.turn) this.take()
    if (!seen) this.drop()
    this.consider()
  }

  drop() {
    this.turn?.abort()
    this.turn = null
    clearTimeout(this.waiting)
  }

  // The first page that is seen holds the stream and passes on what it hears.
  take() {
    const turn = (this.turn = new AbortController())
    const run = () => this.listen(turn.signal)
    this.channel.postMessage({ ask: true })
    if (!navigator.locks) return void run() // not a secure context: each page for itself
    navigator.locks.request("cvi-live", { signal: turn.signal }, run).catch(() => {})
  }

  async listen(signal) {
    this.holds = true
    while (!signal.aborted) {
      const again = await this.stream(signal).catch(() => true)
      if (!again) this.say({ state: "off" })
      if (signal.aborted || !again) break
      this.say({ state: "away" })
      const base = RETRY[Math.min(this.tries++, RETRY.length - 1)] * 1000
      await this.sleep(base * (1 + Math.random() / 2), signal)
    }
    this.holds = false
  }

  sleep(ms, signal) {
    return new Promise((done) => {
      this.wake = done
      setTimeout(done, ms)
      signal.addEventListener("abort", done, { once: true })
    })
  }

  // Read one stream to its end. False: there is none here, and there will not be.
  async stream(signal) {
    const headers = { "x-cvi-pass": this.data.pass, accept: "text/event-stream" }
    const answer = await fetch("/live", { headers, signal, cache: "no-store" })
    if (answer.status === 403) return this.renew()
    const kind = answer.headers.get("content-type") ?? ""
    if (!kind.startsWith("text/event-stream")) {
      await answer.body?.cancel()
      return answer.status >= 500 // a proxy whose server is away
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ""
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return true
      const blocks = (rest + value).split("\n\n")
      rest = blocks.pop()
      for (const block of blocks) if (block.startsWith("data: ")) this.say({ state: "live", told: JSON.parse(block.slice(6)) })
      this.tries = 0
    }
  }

  renew() {
    this.expired = true
    this.consider()
    return true
  }

  say(message) {
    this.heard(message)
    this.channel.postMessage(message)
  }

  heard({ state, told, ask }) {
    if (ask) {
      if (this.holds && this.told) this.channel.postMessage({ state: this.state, told: this.told })
      return
    }
    if (state !== this.state) this.show(state)
    if (told) this.told = told
    this.consider()
  }

  show(state) {
    this.state = state
    this.badge.dataset.state = state
    this.badge.querySelector("b").textContent = WORDS[state]
    this.badge.title = state === "live" ? "New data appear by themselves" : WORDS[state]
  }

  drawn(data, trigger) {
    const fresh = this.data && this.data.pass !== data.pass
    this.data = data
    this.trigger = trigger
    if (fresh) this.wake?.()
  }

  due() {
    if (this.expired) return true
    const { drawn, watched } = this.data ?? {}
    return Boolean(this.told && drawn && this.told.slice(0, watched).some((n, at) => n > drawn[at]))
  }

  // A rerun would close a dialog, interrupt a run, or move what is under the pointer.
  free() {
    const running = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "running"
    if (this.asked && !running) {
      const now = performance.now()
      this.rest = now + Math.min(Math.max(PAUSE, SHARE * (now - this.asked)), LONGEST)
      this.asked = null
    }
    const inUse = this.pressed || document.querySelector("[data-testid=stDialog]")
    return document.visibilityState === "visible" && !running && !inUse && performance.now() >= this.rest
  }

  consider() {
    clearTimeout(this.waiting)
    if (document.visibilityState !== "visible" || (!this.due() && !this.asked)) return
    if (this.free() && this.due()) {
      this.asked = performance.now()
      if (this.expired) this.trigger("expired", Date.now())
      else this.trigger("news", this.told.join("."))
      this.expired = false
    }
    this.waiting = setTimeout(() => this.consider(), 100)
  }

  close() {
    this.drop()
    this.gone.abort()
    this.channel.close()
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let room = rooms.get(parentElement)
  if (!room) rooms.set(parentElement, (room = new Room(parentElement)))
  room.drawn(data, setTriggerValue)
  room.looked()
  return () => {
    room.close()
    rooms.delete(parentElement)
  }
}
