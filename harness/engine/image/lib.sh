# Shared by bake and lane: names, and setting a key of oar.conf.
PGVERSION=$(ls /usr/lib/postgresql)
PGBIN=/usr/lib/postgresql/$PGVERSION/bin
BAKED=/var/lib/oar-compat/pgdata

# set_conf KEY VALUE: give a key of oar.conf its value, commented out or not. By standard input: a value may be a
# password, and everybody sees the arguments of every process.
set_conf() {
    sed -i -f /dev/stdin /etc/oar/oar.conf <<SED
s|^#\{0,1\}$1=.*|$1="$2"|
SED
    grep -q "^$1=" /etc/oar/oar.conf || printf '%s="%s"\n' "$1" "$2" >> /etc/oar/oar.conf
}
