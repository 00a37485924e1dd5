use strict;
use IO::Socket::INET;
use Socket;

sub fail {
    print STDERR "@_\n";
    exit 3;
}

sub ask {
    my ($what, $limit) = @_;
    while (1) {
        print "Please type the $what> ";
        my $line = <STDIN>;
        fail("no $what") unless defined $line;
        chomp $line;
        return $line if length $line && length $line < $limit;
        print "Not 1 to ", $limit - 1, " bytes, again.\n";
    }
}

fail("Usage: client.pl host port name read|create") unless @ARGV == 4;
my ($host, $port, $name, $kind) = @ARGV;
fail("bad port") unless $port =~ /^\d+$/ && $port >= 1024 && $port <= 64000;
fail("bad name") unless length $name && length $name <= 255;
fail("neither read nor create") unless $kind eq "read" || $kind eq "create";
my $address = inet_aton($host) or fail("unknown host $host");
my ($receiver, $text) = ("", "");
if ($kind eq "create") {
    $receiver = ask("receiver", 255);
    $text = ask("message", 65535);
}
my $record = pack("n C C C n", 0xAE73, $kind eq "read" ? 1 : 2, length $name, length $receiver, length $text);
$record .= $name . $receiver . $text;

local $SIG{ALRM} = sub { fail("more than a second without a byte") };
local $SIG{PIPE} = "IGNORE";
socket(my $server, PF_INET, SOCK_STREAM, 0) or fail("socket: $!");
connect($server, sockaddr_in($port, $address)) or fail("connect: $!");
while (length $record) {
    my $sent = syswrite($server, $record) or fail("send: $!");
    substr($record, 0, $sent) = "";
}
print "Request sent.\n";
exit 0 if $kind eq "create";

sub receive {
    my $count = shift;
    my $bytes = "";
    while (length $bytes < $count) {
        alarm 1;
        my $read = sysread($server, $bytes, $count - length $bytes, length $bytes);
        alarm 0;
        fail("receive: $!") unless defined $read;
        fail("the server has closed") unless $read;
    }
    return $bytes;
}

my ($magic, $id, $items, $more) = unpack("n C C C", receive(5));
fail("bad response") if $magic != 0xAE73 || $id != 3 || $more > 1;
print "No messages.\n" unless $items;
for (1 .. $items) {
    my ($sender_len, $text_len) = unpack("C n", receive(3));
    fail("bad message") unless $sender_len && $text_len;
    print receive($sender_len), ": ", receive($text_len), "\n";
}
print "More messages are waiting.\n" if $more;
