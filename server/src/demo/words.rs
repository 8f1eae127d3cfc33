//! What the sample data is made of. Hosts are under `.example`, which nobody owns, so that no sample is ever written to.

use domain::Role;

pub(super) const TEAM: &[(&str, &str, Role)] = &[
    ("Ines Castell", "ines.castell@team.example", Role::Manager),
    ("Jonas Reiter", "jonas.reiter@team.example", Role::Member),
    ("Priya Nair", "priya.nair@team.example", Role::Member),
    ("Tomás Vidal", "tomas.vidal@team.example", Role::Viewer),
];

pub(super) const FIRST: &[&str] = &[
    "Aisha", "Alma", "Anders", "Anneke", "Arjun", "Beatriz", "Bruno", "Camille", "Chidi", "Clara", "Daniel", "Deniz", "Elena", "Emeka",
    "Emil", "Eva", "Farah", "Felix", "Freya", "Gita", "Hana", "Hugo", "Ida", "Ilse", "Imran", "Isla", "Ivan", "Jana", "Jasper", "Joana",
    "Kaito", "Karim", "Katrin", "Kofi", "Lars", "Leila", "Lena", "Liam", "Lucía", "Magnus", "Maja", "Marco", "Maren", "Mateo", "Mei",
    "Mila", "Nadia", "Nils", "Noor", "Nora", "Olga", "Oscar", "Paula", "Pedro", "Petra", "Rafael", "Ravi", "Rosa", "Ruth", "Samir", "Sana",
    "Selma", "Sofía", "Stella", "Sven", "Tariq", "Tessa", "Theo", "Tuva", "Uma", "Vera", "Viktor", "Wanda", "Yara", "Yusuf", "Zoé",
];

pub(super) const LAST: &[&str] = &[
    "Abara", "Ahlström", "Almeida", "Anand", "Bauer", "Becker", "Berg", "Bianchi", "Brandt", "Carvalho", "Castro", "Chen", "Costa",
    "Dahl", "Delgado", "Demir", "Dubois", "Eklund", "Eriksen", "Farouk", "Ferreira", "Fischer", "Fontaine", "Fuchs", "García", "Gruber",
    "Haddad", "Hansen", "Hartmann", "Holt", "Horvat", "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kim", "Klein", "Kowalski", "Krüger",
    "Larsen", "Lindqvist", "López", "Marchetti", "Martens", "Mensah", "Meyer", "Moreau", "Nakamura", "Navarro", "Nguyen", "Novak",
    "Nowak", "Öztürk", "Okafor", "Olsen", "Park", "Patel", "Petrov", "Popescu", "Ricci", "Rossi", "Saito", "Santos", "Schneider", "Sharma",
    "Silva", "Sørensen", "Tanaka", "Torres", "Van Dijk", "Vogel", "Wagner", "Weber", "Winter", "Yıldız", "Zimmermann",
];

pub(super) const COMPANIES: &[(&str, &str)] = &[
    ("Alder & Oak", "alder-oak.example"),
    ("Anvil Robotics", "anvil-robotics.example"),
    ("Bluefin Logistics", "bluefin.example"),
    ("Brightwater Energy", "brightwater.example"),
    ("Calder Analytics", "calder.example"),
    ("Cobalt Foods", "cobalt-foods.example"),
    ("Copperline", "copperline.example"),
    ("Driftwood Studio", "driftwood.example"),
    ("Eastgate Clinics", "eastgate.example"),
    ("Fell & Moor", "fell-moor.example"),
    ("Fernhill Software", "fernhill.example"),
    ("Gantry Systems", "gantry.example"),
    ("Halden Marine", "halden.example"),
    ("Harbour Lane", "harbourlane.example"),
    ("Ironbridge Tools", "ironbridge.example"),
    ("Juniper Labs", "juniper-labs.example"),
    ("Kestrel Air", "kestrel-air.example"),
    ("Larkfield Foods", "larkfield.example"),
    ("Lumen Optics", "lumen.example"),
    ("Meridian Freight", "meridian.example"),
    ("Mosswood Furniture", "mosswood.example"),
    ("Northpass Outdoor", "northpass.example"),
    ("Orchard Street", "orchardstreet.example"),
    ("Pinecrest Health", "pinecrest.example"),
    ("Quarry Works", "quarry.example"),
    ("Redstart Media", "redstart.example"),
    ("Riverbend Credit", "riverbend.example"),
    ("Saltmarsh Textiles", "saltmarsh.example"),
    ("Silverbirch Schools", "silverbirch.example"),
    ("Skylark Travel", "skylark.example"),
    ("Stonebridge Legal", "stonebridge.example"),
    ("Tallgrass Farms", "tallgrass.example"),
    ("Tidewater Pumps", "tidewater.example"),
    ("Umber Coffee", "umber.example"),
    ("Vantage Insurance", "vantage.example"),
    ("Wayfinder Maps", "wayfinder.example"),
    ("Westerly Wind", "westerly.example"),
    ("Whinchat Audio", "whinchat.example"),
    ("Yarrow Pharma", "yarrow.example"),
    ("Zephyr Bikes", "zephyr.example"),
];

pub(super) const TITLES: &[&str] = &[
    "Account Manager", "CEO", "CFO", "Chief of Staff", "COO", "Co-founder", "CTO", "Customer Success Lead", "Designer", "Finance Director",
    "Founder", "General Manager", "Growth Lead", "Head of Events", "Head of IT", "Head of Marketing", "Head of Operations", "Head of People",
    "Head of Sales", "Marketing Manager", "Office Manager", "Operations Manager", "Owner", "Partner", "Product Manager", "Purchasing Manager",
    "RevOps Manager", "Sales Director", "VP Engineering", "VP Marketing", "VP Sales",
];

pub(super) const PLACES: &[&str] = &[
    "Amsterdam", "Athens", "Barcelona", "Berlin", "Bologna", "Brussels", "Bucharest", "Copenhagen", "Dublin", "Gothenburg", "Hamburg",
    "Helsinki", "Istanbul", "Kraków", "Lagos", "Lisbon", "London", "Lyon", "Madrid", "Milan", "Mumbai", "Munich", "Nairobi", "Oslo", "Paris",
    "Porto", "Prague", "Rotterdam", "Stockholm", "Tallinn", "Vienna", "Warsaw", "Zagreb", "Zürich",
];

pub(super) const TAGS: &[&str] =
    &["conference", "customer story", "enterprise", "inbound", "newsletter", "partner", "pilot", "priority", "referral", "renewal", "trial", "vip", "webinar"];

pub(super) const REMARKS: &[&str] = &[
    "Met at the spring fair; asked for a demo for two teams.",
    "Uses a spreadsheet today and loses track of follow-ups.",
    "Prefers to be called in the afternoon.",
    "Wants data to stay on their own servers.",
    "Knows us from a colleague at a former company.",
];

pub(super) const NOTES: &[&str] = &[
    "Left a message; try again on Thursday.",
    "Good first call. Twelve people would use it, decision by the end of the quarter.",
    "Asked for a security questionnaire before the next meeting.",
    "Sent the proposal with two options; the smaller one is likely.",
    "Budget is approved. Waiting for legal.",
    "They compare us with a larger vendor; price matters less than support.",
    "Out of office until the first; follow up then.",
    "Would like a reference from the same industry.",
    "Demo went well. Wants to see imports with their own file.",
    "Not the right person; introduced us to the head of operations.",
    "Prefers a yearly contract with a pilot of one month.",
    "No answer to the last two messages.",
];
