// Reads invitations as ical.js does: a JSON list of them in, of each what a calendar goes by out, times in seconds.
import ICAL from "ical.js";
import { readFileSync } from "node:fs";

const read = (text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const event = calendar.getFirstSubcomponent("vevent");
  const value = (name) => event.getFirstPropertyValue(name);
  return {
    method: calendar.getFirstPropertyValue("method"),
    events: calendar.getAllSubcomponents("vevent").length,
    uid: value("uid"),
    sequence: value("sequence"),
    status: value("status"),
    organizer: value("organizer"),
    attendees: event.getAllProperties("attendee").map((one) => one.getFirstValue()),
    start: value("dtstart").toUnixTime(),
    end: value("dtend").toUnixTime(),
  };
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
