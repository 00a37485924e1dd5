#!/usr/bin/perl
# Never sets $|, and changes its title.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

$SIG{PIPE} = 'IGNORE';
my %store;

sub receive {
    my ($client, $count) = @_;
    my $select = IO::Select->new($client);
    my $data = '';
    while (length($data) < $count) {
        die "gap of a second\n" unless $select->can_read(1);
        my $got = sysread($client, $data, $count - length($data), length($data));
        die "the client has gone\n" unless $got;
    }
    return $data;
}

sub send_all {
    my ($client, $data) = @_;
    my $select = IO::Select->new($client);
    $client->blocking(0);
    my $sent = 0;
    while ($sent < length($data)) {
        die "nobody takes the messages\n" unless $select->can_write(1);
        my $written = syswrite($client, $data, length($data) - $sent, $sent);
        die "cannot send: $!\n" unless defined $written;
        $sent += $written;
    }
}

sub serve {
    my ($client) = @_;
    my ($magic, $id, $name_len, $receiver_len, $text_len) = unpack('nCCCn', receive($client, 7));
    die "wrong magic number\n" if $magic != 0xAE73;
    die "wrong ID\n" if $id != 1 && $id != 2;
    die "no name\n" if $name_len == 0;
    die "wrong ReceiverLen\n" if ($id == 2) != ($receiver_len > 0);
    die "wrong MessageLen\n" if ($id == 2) != ($text_len > 0);
    my $name = receive($client, $name_len);
    my $receiver = receive($client, $receiver_len);
    my $text = receive($client, $text_len);
    if ($id == 2) {
        push @{$store{$receiver}}, [$name, $text];
        close($client);
        print "From $name to $receiver: message stored\n";
        return;
    }
    my @messages = splice(@{$store{$name} || []}, 0, 255);
    my $more = @{$store{$name} || []} ? 1 : 0;
    my $record = pack('nCCC', 0xAE73, 3, scalar(@messages), $more);
    $record .= pack('Cn', length($_->[0]), length($_->[1])) . $_->[0] . $_->[1] for @messages;
    send_all($client, $record);
    close($client);
    print "Sent ", scalar(@messages), " messages\n";
}

my ($port) = @ARGV;
die "usage: server PORT\n" unless @ARGV == 1 && $port =~ /^\d+$/;
die "the port must be 1024 to 64000\n" if $port < 1024 || $port > 64000;
my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 5, Proto => 'tcp')
    or die "cannot listen: $!\n";
$0 = "message server";
while (1) {
    my $client = $listener->accept() or next;
    print "Connected: ", $client->peerhost, " ", $client->peerport, "\n";
    eval { serve($client) };
    print "Error: $@" if $@;
    close($client);
}
